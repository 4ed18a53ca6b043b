// Names of machine code, for those who look at a process from outside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jit/program_code.h"

namespace bpftwin::jit {

/// A piece of machine code.
struct CodeName {
    std::uint64_t address;
    std::uint64_t size;
    std::string name;
};

/// Every function of every program as "bpf_prog_PROGRAM::FUNCTION", and the way into all of them as
/// "bpftwin_enter"; by address.
std::vector<CodeName> names_of(const ProgramCode& code);

}  // namespace bpftwin::jit
