// What the parts of `find_flow` share: a program with its rows, and where control goes from an
// instruction (kernel/bpf/verifier.c: bpf_insn_successors).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "bpftwin/spec.h"
#include "isa/op.h"
#include "verifier/flow.h"

namespace bpftwin::verifier {

/// The instructions that may follow one; of a call that behind it.
struct Successors {
    std::array<std::uint32_t, 2> insns{};  ///< First the next one, then the jump's target.
    std::uint32_t count = 0;

    [[nodiscard]] const std::uint32_t* begin() const { return insns.data(); }
    [[nodiscard]] const std::uint32_t* end() const { return insns.data() + count; }
    void add(std::uint32_t insn) { insns[count++] = insn; }
};

/// A program that `find_subprograms` accepted.
struct Code {
    const ProgramSpec& program;
    std::span<const Op> ops;
    const KfuncKinds& kfuncs;

    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ops.size()); }
    [[nodiscard]] const Insn& insn(std::uint32_t at) const { return program.insns[at]; }
    [[nodiscard]] Family family(std::uint32_t at) const { return info(ops[at]).family; }
    /// Second slots of `lddw` have its row, and a code of 0.
    [[nodiscard]] bool is_second_slot(std::uint32_t at) const { return insn(at).code == 0; }
    [[nodiscard]] std::uint32_t next(std::uint32_t at) const {
        return at + (is_second_slot(at) ? 1 : slots(ops[at]));
    }
    /// Whether an instruction of `Family::alu` sets a register whatever was in it.
    [[nodiscard]] bool is_mov(std::uint32_t at) const { return (insn(at).code & 0xf0) == 0xb0; }
    [[nodiscard]] bool is_jump(std::uint32_t at) const {
        return family(at) == Family::jmp || family(at) == Family::ja;
    }
    [[nodiscard]] bool falls_through(std::uint32_t at) const {
        return ops[at] != Op::ja && ops[at] != Op::gotol && ops[at] != Op::exit;
    }
    /// Where a jump, a local call or the address of a function leads.
    [[nodiscard]] std::uint32_t target(std::uint32_t at) const {
        const bool by_off = is_jump(at) && ops[at] != Op::gotol;
        return at + 1 + static_cast<std::uint32_t>(by_off ? insn(at).off : insn(at).imm);
    }
    [[nodiscard]] Successors successors(std::uint32_t at) const {
        Successors result;
        if (falls_through(at)) result.add(next(at));
        if (is_jump(at) && (result.count == 0 || target(at) != next(at))) result.add(target(at));
        return result;
    }
    /// What a call of a helper or kernel function does. (`src` may be wrong.)
    [[nodiscard]] CallKind call_kind(std::uint32_t at) const {
        if (ops[at] == Op::call_helper && insn(at).src == 0)
            return helper_call_kind(insn(at).imm, program.type);
        return ops[at] == Op::call_kfunc && kfuncs ? kfuncs(insn(at)) : CallKind{};
    }
};

/// Every instruction is reached; where states are compared and kept, what subprograms do
/// (check_cfg).
Checked<void> check_cfg(const Code& code, Flow& flow);

/// Numbers the loops in the kernel's order (compute_scc).
void find_components(const Code& code, std::vector<InsnFacts>& facts);

/// compute_live_registers.
void find_live_registers(const Code& code, std::vector<InsnFacts>& facts);

/// mark_fastcall_patterns.
void find_fastcall_patterns(const Code& code, Flow& flow);

}  // namespace bpftwin::verifier
