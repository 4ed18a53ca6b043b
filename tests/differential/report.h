// Cases as text that a person can read, and the assembler too.
#pragma once

#include <string>

#include "tests/differential/program_generator.h"

namespace bpftwin::differential {

/// Maps, programs as assembler text, and inputs of the runs. Programs that do nothing are left out.
std::string describe(const Case& of);

}  // namespace bpftwin::differential
