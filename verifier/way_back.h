// The way back along a path (kernel: get_prev_insn_idx, and the parents in __mark_chain_precision).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "verifier/state.h"

namespace bpftwin::verifier {

/// Where a way back ends.
inline constexpr std::int64_t no_insn = -2;
/// Of an instruction that concerns the way back whatever registers do.
inline constexpr std::uint16_t any_reg = 0x8000;

/// A walk over a state's history from its end to its beginning.
class WayBack {
public:
    WayBack(const State& state, std::int64_t last)
        : first_(state.history.begin()),
          end_(state.history.end()),
          first_insn_(state.first_insn),
          insn_(last) {
        look();
    }

    [[nodiscard]] std::int64_t insn() const { return insn_; }
    [[nodiscard]] const Step* step() const { return insn_ == noted_ ? end_ - 1 : nullptr; }
    /// Back to the latest instruction of those that just follow each other here which concerns
    /// one of the registers, or of which there is a step.
    /// @param concerned by instruction
    /// @return whether it is another
    bool skip(std::span<const std::uint16_t> concerned, std::uint16_t regs) {
        const std::int64_t begin = insn_;
        const std::int64_t end = std::max({std::int64_t{0}, floor(noted_), floor(first_insn_)});
        const auto stops = static_cast<std::uint16_t>(regs | any_reg);
        while (insn_ > end && (concerned[static_cast<std::size_t>(insn_)] & stops) == 0) --insn_;
        return insn_ != begin;
    }
    /// One instruction back; false at the state's first.
    bool back() {
        const bool is_noted = insn_ == noted_;
        if (insn_ == first_insn_ && end_ - first_ == std::ptrdiff_t{is_noted}) return false;
        if (is_noted) {
            insn_ = (--end_)->previous;
            look();
        } else {
            --insn_;
        }
        return true;
    }

private:
    void look() { noted_ = end_ != first_ ? std::int64_t{end_[-1].insn} : no_insn; }
    /// The way does not go beyond `insn` if it comes there before it is noted how.
    [[nodiscard]] std::int64_t floor(std::int64_t insn) const { return insn <= insn_ ? insn : 0; }

    const Step* first_;
    const Step* end_;  ///< Of the steps that are left.
    std::int64_t first_insn_;
    std::int64_t insn_;
    std::int64_t noted_ = no_insn;  ///< The instruction of the last step that is left.
};

}  // namespace bpftwin::verifier
