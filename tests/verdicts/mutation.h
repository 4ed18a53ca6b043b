// Small changes of programs: what a verifier accepted becomes what it perhaps should not accept.
#pragma once

#include "bpftwin/spec.h"
#include "tests/differential/choices.h"

namespace bpftwin::verdicts {

/// Changes one instruction of `program`, swaps two, leaves one out, or repeats one elsewhere.
/// Functions and lines stay with their instructions.
/// @param maps how many the object has.
void mutate(ProgramSpec& program, std::size_t maps, differential::Choices& choices);

}  // namespace bpftwin::verdicts
