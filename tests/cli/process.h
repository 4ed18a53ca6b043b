// Runs the built command, as a shell would.
#pragma once

#include <string>

namespace bpftwin::cli {

struct Finished {
    int status;          ///< Exit status; 128 + signal where a signal ended the command.
    std::string output;  ///< Standard output and, unless the command redirects it, error.
};

/// Runs a shell command line in the folder of the golden files, where `bpftwin` is the built one.
Finished shell(const std::string& command);

}  // namespace bpftwin::cli
