// Which registers may be read before they are written, by backward data flow
// (kernel/bpf/verifier.c: compute_live_registers).
#include <utility>

#include "verifier/flow_walk.h"

namespace bpftwin::verifier {
namespace {

using Registers = std::uint16_t;  ///< Bit n: rn.

constexpr Registers bit(unsigned reg) { return static_cast<Registers>(1U << reg); }
constexpr Registers r0 = bit(0), clobbered_by_calls = 0x3f, everything = 0xffff;

struct Effect {
    Registers defines = 0;
    Registers uses = 0;
};

Effect effect_of_call(const CallKind& kind) {
    return {clobbered_by_calls, static_cast<Registers>(bit(kind.parameters + 1U) - 2)};
}

/// By the operation alone, which may be none: those read both, as the kernel has it.
Effect effect_of_atomic(const Insn& insn) {
    constexpr int fetches = 1;
    const Registers dst = bit(insn.dst), src = bit(insn.src), both = dst | src;
    if (insn.imm == info(Op::load_acquire_dw).discriminator_value) return {dst, src};
    if (insn.imm == info(Op::store_release_dw).discriminator_value) return {0, both};
    if (insn.imm == info(Op::atomic_cmpxchg64).discriminator_value)
        return {r0, static_cast<Registers>(both | r0)};
    return {(insn.imm & fetches) != 0 ? src : Registers{0}, both};
}

Effect effect_of(const Code& code, std::uint32_t at) {
    const Op op = code.ops[at];
    const OpInfo& row = info(op);
    const Insn& insn = code.insn(at);
    const Registers dst = has(row.operands, dst_field) ? bit(insn.dst) : 0;
    const Registers src = has(row.operands, src_field) ? bit(insn.src) : 0;
    const Registers both = dst | src;
    switch (row.family) {
        case Family::alu: return {dst, code.is_mov(at) ? src : both};
        case Family::neg:
        case Family::end: return {dst, dst};
        case Family::movsx:
        case Family::cast:
        case Family::ldx:
        case Family::ldxsx:
        case Family::lddw: return {dst, src};
        case Family::jmp:
        case Family::ja:
        case Family::st:
        case Family::stx: return {0, both};
        case Family::atomic:
        case Family::load_acquire:
        case Family::store_release: return effect_of_atomic(insn);
        case Family::call: return effect_of_call(code.call_kind(at));
        case Family::exit: return {0, r0};
        case Family::ld_abs:
        case Family::ld_ind: return {0, everything};
    }
    return {};
}

/// A list of instructions to look at again: each is there once at most, and comes back only when
/// registers were added behind it, so that the work is bounded whatever the loops are like.
class LiveRegisters {
public:
    LiveRegisters(const Code& code, std::vector<InsnFacts>& facts)
        : code_(code),
          facts_(facts),
          effects_(code.size()),
          waits_(code.size()),
          last_jump_to_(code.size(), none),
          other_jump_(code.size(), none) {}

    void find() {
        for (std::uint32_t at = 0; at < code_.size(); at = code_.next(at)) {
            effects_[at] = effect_of(code_, at);
            if (code_.is_jump(at)) add_jump(at);
            wait(at);
        }
        while (!waiting_.empty()) {
            const std::uint32_t at = waiting_.back();
            waiting_.pop_back();
            waits_[at] = false;
            if (grows(at)) predecessors_wait(at);
        }
    }

private:
    static constexpr std::uint32_t none = ~0U;

    void add_jump(std::uint32_t at) {
        other_jump_[at] = last_jump_to_[code_.target(at)];
        last_jump_to_[code_.target(at)] = at;
    }

    void wait(std::uint32_t at) {
        if (waits_[at]) return;
        waits_[at] = true;
        waiting_.push_back(at);
    }

    bool grows(std::uint32_t at) {
        Registers live = 0;
        for (const std::uint32_t next : code_.successors(at)) live |= facts_[next].live_before;
        live = static_cast<Registers>((live & ~effects_[at].defines) | effects_[at].uses);
        return std::exchange(facts_[at].live_before, live) != live;
    }

    void predecessors_wait(std::uint32_t at) {
        for (std::uint32_t jump = last_jump_to_[at]; jump != none; jump = other_jump_[jump])
            wait(jump);
        if (at == 0) return;
        const std::uint32_t before = code_.is_second_slot(at - 1) ? at - 2 : at - 1;
        if (code_.falls_through(before)) wait(before);
    }

    const Code& code_;
    std::vector<InsnFacts>& facts_;
    std::vector<Effect> effects_;
    std::vector<bool> waits_;
    std::vector<std::uint32_t> waiting_;
    /// The jumps to an instruction as a list: the last one, and of a jump the one before it.
    std::vector<std::uint32_t> last_jump_to_, other_jump_;
};

}  // namespace

void find_live_registers(const Code& code, std::vector<InsnFacts>& facts) {
    LiveRegisters(code, facts).find();
}

}  // namespace bpftwin::verifier
