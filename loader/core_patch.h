// The answer to a CO-RE relocation, written into its instruction (libbpf's bpf_core_patch_insn).
#pragma once

#include <cstdint>
#include <span>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"
#include "btf/core.h"

namespace bpftwin {

/// What stands in a poisoned instruction: a call of the helper of this number, by which libbpf's
/// users know it ("bad relo").
inline constexpr std::int32_t poison_helper = 0xbad2310;

/// Slots of an instruction: two for a 64-bit load.
std::size_t slots_of(const Insn& insn);

/// Whether `patch` found no answer for the instruction.
bool is_poisoned(const Insn& insn);

/// Writes `fix` into the instruction of these slots, which is poisoned where the target has no
/// answer or one of another size that cannot be read instead.
/// @return an Error where the instruction does not hold what the compiler should have written, or
/// cannot hold the answer.
Result<void> patch(std::span<Insn> slots, const CoreFix& fix);

}  // namespace bpftwin
