// Code that may crash or hang runs in a process of its own.
#pragma once

#include <functional>
#include <string>

namespace bpftwin::differential {

/// How a child process that returns from `body` ends, as waitpid(2) says it; a signal after so many
/// seconds if it does not. To be called while the process has one thread.
int end_of(const std::function<int()>& body, unsigned seconds);

/// How a child process ended, as waitpid(2) says it: "exit status 1", "signal 11 (…)".
std::string describe_end(int status);

}  // namespace bpftwin::differential
