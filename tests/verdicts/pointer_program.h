// Random programs about what a verifier has to know exactly: bounds, spills, pointers at variable
// offsets, packets, loops, calls, references, locks. Most are just right or just wrong.
#pragma once

#include "tests/differential/program_generator.h"

namespace bpftwin::verdicts {

/// Programs that share the maps below; no runs. The same for the same seed.
differential::Case pointer_programs(std::uint64_t seed, unsigned programs);

}  // namespace bpftwin::verdicts
