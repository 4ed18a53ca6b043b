// From instruction slots to rows of the table, with an exact error for every invalid encoding.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"
#include "isa/op.h"

namespace bpftwin {

/// The row that `insn` encodes. Of an `lddw` only the first slot is looked at.
/// @return the row, or what is wrong with the encoding ("unknown opcode 8f", "mov64_k: reserved
/// field off is 3, must be 0", "register r11 does not exist").
std::expected<Op, std::string> decode(const Insn& insn);

/// The row of the instruction at `pc`, with the second slot of an `lddw` checked.
/// @return the row, or an Error that begins with "insn N: "; also for a `pc` behind the end.
Result<Op> decode_at(std::span<const Insn> program, std::size_t pc);

/// Decodes a whole program: every slot's encoding, second slots of `lddw`, and that jumps and local
/// calls land on an instruction of the program.
/// @return the row of each slot (both slots of an `lddw` have its row), or an Error that begins
/// with "insn N: ".
Result<std::vector<Op>> decode_program(std::span<const Insn> program);

/// Whether `decode_program` accepts the program.
Result<void> validate(std::span<const Insn> program);

/// The 64-bit constant of the `lddw` in these two slots.
constexpr std::uint64_t lddw_value(const Insn& first, const Insn& second) {
    return static_cast<std::uint32_t>(first.imm) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(second.imm)) << 32;
}

}  // namespace bpftwin
