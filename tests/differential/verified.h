// Random programs that the kernel's verifier accepts, for comparing engines with a kernel: all rows
// of arithmetic and jumps, and the stack, an array map and a packet as memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bpftwin/engine.h"
#include "tests/differential/program_generator.h"

namespace bpftwin::differential {

/// XDP programs that share an array map, each with one run. The same for the same seed.
Case generate_verified_case(std::uint64_t seed);

/// What comparing with a kernel found so far.
struct VerifiedResult {
    std::uint64_t programs = 0;
    std::uint64_t instructions = 0;
    std::uint64_t rejected = 0;  ///< By the kernel; not among `programs`.
    std::uint64_t seed = 0;      ///< The last one.
    std::string failure;         ///< How an engine differed there from the kernel, or empty.
};

/// Runs such programs on the kernel, on the interpreter and on the JIT until so many were submitted
/// or one differs.
/// @param progress is called for each case; false ends the search.
VerifiedResult search_verified(Engine& kernel, std::uint64_t programs, std::uint64_t first_seed,
                               const std::function<bool(const VerifiedResult&)>& progress);

}  // namespace bpftwin::differential
