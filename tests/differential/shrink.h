// Makes a case that fails as small as it gets.
#pragma once

#include <functional>
#include <vector>

#include "tests/differential/program_generator.h"

namespace bpftwin::differential {

/// What becomes of programs that do not matter: `r0 = 0; exit`.
std::vector<Insn> nothing();

/// A smaller case that fails like the given one: runs are left out, programs emptied, instructions
/// replaced by `goto +0` and then removed.
/// @param fails whether a case still shows the failure; true for the given one.
Case shrink(Case failing, const std::function<bool(const Case&)>& fails);

}  // namespace bpftwin::differential
