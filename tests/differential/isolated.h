// Code that may crash or hang runs in a process of its own.
#pragma once

#include <functional>
#include <string>

namespace bpftwin::differential {

/// Whether `holds` is true, or crashes, or does not end within some seconds. To be called while the
/// process has one thread.
bool holds_or_crashes(const std::function<bool()>& holds, unsigned seconds);

/// How a child process ended, as waitpid(2) says it: "exit status 1", "signal 11 (…)".
std::string describe_end(int status);

}  // namespace bpftwin::differential
