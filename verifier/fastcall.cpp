// Spills and fills around calls that clobber few registers: compilers surround these calls for
// kernels that do not know them as such (kernel/bpf/verifier.c: mark_fastcall_patterns).
#include <algorithm>

#include "verifier/flow_walk.h"
#include "verifier/state.h"

namespace bpftwin::verifier {
namespace {

constexpr unsigned caller_saved = 6;  ///< r0 to r5.
constexpr std::int16_t register_size = 8;

class FastcallPatterns {
public:
    FastcallPatterns(const Code& code, Flow& flow) : code_(code), flow_(flow) {}

    void find_in(Subprogram& subprogram) {
        const std::int16_t lowest = lowest_spill(subprogram);
        for (std::uint32_t at = subprogram.start; at < subprogram.end; ++at)
            if (code_.family(at) == Family::call) find_around(at, subprogram, lowest);
    }

private:
    [[nodiscard]] bool is_spill(std::uint32_t at) const {
        return code_.ops[at] == Op::stxdw && code_.insn(at).dst == frame_pointer;
    }
    [[nodiscard]] bool is_fill(std::uint32_t at) const {
        return code_.ops[at] == Op::ldxdw && code_.insn(at).src == frame_pointer;
    }

    [[nodiscard]] std::int16_t lowest_spill(const Subprogram& subprogram) const {
        std::int16_t lowest = 0;
        for (std::uint32_t at = subprogram.start; at < subprogram.end; ++at)
            if (is_spill(at)) lowest = std::min(lowest, code_.insn(at).off);
        return lowest;
    }

    /// Registers that the callee leaves as they are: only those are worth a spill.
    static unsigned kept_by(const CallKind& kind) {
        const unsigned clobbered = (2U << kind.parameters) - (kind.returns_value ? 1 : 2);
        return ~clobbered & ((1U << caller_saved) - 1);
    }

    void find_around(std::uint32_t call, Subprogram& subprogram, std::int16_t lowest) {
        const CallKind kind = code_.call_kind(call);
        unsigned kept = kept_by(kind);
        if (kept == 0) return;
        std::uint8_t pairs = 0;
        while (pairs < caller_saved && is_pair(call, pairs + 1U, offset(lowest, pairs), kept))
            mark_pair(call, ++pairs, kept);
        if (pairs == 0) return;
        if (kind.fastcall)
            flow_.insns[call].fastcall_spills = pairs;
        else
            subprogram.keep_fastcall_stack = true;
        subprogram.fastcall_stack_off =
            std::min(subprogram.fastcall_stack_off, offset(lowest, pairs));
    }

    static std::int16_t offset(std::int16_t lowest, unsigned pairs) {
        return static_cast<std::int16_t>(lowest + pairs * register_size);
    }

    /// Whether the instructions at that distance before and behind the call spill and fill one of
    /// `kept` at `off`. Jumps into the pattern are not looked for, as in 6.18.
    [[nodiscard]] bool is_pair(std::uint32_t call, std::uint32_t distance, std::int16_t off,
                               unsigned kept) const {
        if (distance > call || call + distance >= code_.size()) return false;
        const std::uint32_t spill = call - distance, fill = call + distance;
        if (!is_spill(spill) || !is_fill(fill)) return false;
        const Insn& spilled = code_.insn(spill);
        const Insn& filled = code_.insn(fill);
        return spilled.src == filled.dst && (kept >> spilled.src & 1) != 0 && spilled.off == off &&
               filled.off == off;
    }

    void mark_pair(std::uint32_t call, std::uint32_t distance, unsigned& kept) {
        kept &= ~(1U << code_.insn(call - distance).src);
        flow_.insns[call - distance].fastcall_pattern = true;
        flow_.insns[call + distance].fastcall_pattern = true;
    }

    const Code& code_;
    Flow& flow_;
};

}  // namespace

void find_fastcall_patterns(const Code& code, Flow& flow) {
    FastcallPatterns patterns(code, flow);
    for (Subprogram& subprogram : flow.subprograms) patterns.find_in(subprogram);
}

}  // namespace bpftwin::verifier
