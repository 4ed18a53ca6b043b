// The way back along a path (kernel: get_prev_insn_idx, and the parents in __mark_chain_precision).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "verifier/state.h"

namespace bpftwin::verifier {

/// Where a way back ends.
inline constexpr std::int64_t no_insn = -2;
/// Of an instruction that concerns the way back whatever registers do.
inline constexpr std::uint16_t any_reg = 0xffff;

/// A walk over a state's history from its end to its beginning.
class WayBack {
public:
    WayBack(const State& state, std::int64_t last)
        : state_(state), left_(state.history.size()), insn_(last) {}

    [[nodiscard]] std::int64_t insn() const { return insn_; }
    [[nodiscard]] const Step* step() const {
        const Step* last = left_ != 0 ? &state_.history[left_ - 1] : nullptr;
        return last && last->insn == insn_ ? last : nullptr;
    }
    /// Back to the latest instruction of those that just follow each other here which concerns
    /// one of the registers, or of which there is a step.
    /// @param concerned by instruction
    /// @return whether it is another
    bool skip(std::span<const std::uint16_t> concerned, std::uint16_t regs) {
        const std::int64_t noted = left_ != 0 ? std::int64_t{state_.history[left_ - 1].insn} : -1;
        const auto stops = [&](std::int64_t insn) {
            const std::uint16_t mask = concerned[static_cast<std::size_t>(insn)];
            return (mask & regs) != 0 || mask == any_reg || insn == noted ||
                   insn == state_.first_insn || insn == 0;
        };
        const std::int64_t begin = insn_;
        while (!stops(insn_)) --insn_;
        return insn_ != begin;
    }
    /// One instruction back; false at the state's first.
    bool back() {
        if (insn_ == state_.first_insn && (left_ == 0 || (left_ == 1 && step()))) return false;
        if (const Step* at = step()) {
            insn_ = at->previous;
            --left_;
        } else {
            --insn_;
        }
        return true;
    }

private:
    const State& state_;
    std::size_t left_;
    std::int64_t insn_;
};

}  // namespace bpftwin::verifier
