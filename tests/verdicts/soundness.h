// The verifier's claims held against runs: programs that it accepts, on random inputs, with what it
// says of every instruction checked (`bpftwin run --check-invariants`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bpftwin/spec.h"
#include "tests/differential/choices.h"

namespace bpftwin::verdicts {

struct Soundness {
    std::uint64_t accepted = 0, runs = 0, held = 0;  ///< Programs, runs, instructions as claimed.
    std::uint64_t incomplete = 0;                    ///< Programs with too many claims.
    std::uint64_t ran = 0;                           ///< Programs of which some run came to an end.
    std::vector<std::string> misses;  ///< Claim, value, path and input of what did not hold.

    [[nodiscard]] std::string text() const;
};

/// Runs every program of the object that our verifier accepts, on `inputs` random inputs each.
/// @param object ready for this machine's kernel.
void check_soundness(const ObjectSpec& object, unsigned inputs, differential::Choices& choices,
                     Soundness& sums);

}  // namespace bpftwin::verdicts
