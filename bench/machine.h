// Where and with what figures were measured.
#pragma once

#include <string>

namespace bpftwin::bench {

struct Machine {
    std::string cpu;       ///< Model as the kernel names it.
    unsigned cpus = 0;     ///< How many this process may use.
    std::string kernel;    ///< "Linux 6.1.0 x86_64".
    std::string compiler;  ///< What compiled the engines, with its version.
    std::string clang;     ///< What compiled the programs, as BPF and natively.
    std::string date;      ///< UTC, ISO 8601.
};

Machine this_machine();

}  // namespace bpftwin::bench
