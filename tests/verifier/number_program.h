// Random programs that compute with two unknown numbers, and what our domain knows after each
// instruction.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "bpftwin/insn.h"
#include "verifier/scalar.h"

namespace bpftwin::test {

/// What two registers hold after an instruction, or on its branch.
struct Known {
    verifier::Scalar r6, r7;
};

struct NumberStep {
    unsigned insn;          ///< Slot.
    Known before, after;    ///< Where it falls through.
    bool branches = false;  ///< It may jump, too:
    Known taken;
    bool starts_anew = false;  ///< Nothing of `before` matters.
};

struct NumberProgram {
    std::vector<Insn> insns;
    std::vector<NumberStep> steps;
};

/// One line of about `steps` instructions; each branch leads to an exit of its own.
NumberProgram number_program(std::mt19937_64& random, unsigned steps);

/// A number on or near where something changes: small, at the ends of widths, or a power of two.
std::uint64_t interesting_number(std::mt19937_64& random);

}  // namespace bpftwin::test
