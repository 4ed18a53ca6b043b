// Whether a case means the same to every engine: found out, not proven, by running it with other
// garbage wherever a program must not look, and at other addresses.
#pragma once

#include <optional>

#include "tests/differential/program_generator.h"

namespace bpftwin::differential {

/// The case with `garbage` in every register and stack slot that is unspecified: at the beginning
/// of functions, and after calls.
/// @return nothing if the programs become too long.
std::optional<Case> poisoned(const Case& original, std::int32_t garbage);

/// Whether the case stays inside of memory, ends, and does the same whatever garbage it finds and
/// wherever its memory lies.
bool is_well_defined(const Case& of);

}  // namespace bpftwin::differential
