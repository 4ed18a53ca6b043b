// Changes programs whose jumps have to follow.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "bpftwin/insn.h"

namespace bpftwin::differential {

/// What becomes of one instruction.
struct Edit {
    std::vector<Insn> before;
    bool keep = true;  ///< Whether the instruction itself stays.
    std::vector<Insn> after;
};

/// The program with each instruction edited. What pointed to an instruction points to the beginning
/// of what it became.
/// @param edits one for each slot; those of second slots are not used.
/// @return nothing if the program is invalid, or a jump would have to reach too far.
std::optional<std::vector<Insn>> rewritten(std::span<const Insn> program,
                                           std::span<const Edit> edits);

}  // namespace bpftwin::differential
