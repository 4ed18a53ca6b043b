// The way back along a path (kernel: get_prev_insn_idx, and the parents in __mark_chain_precision).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "verifier/place_set.h"
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
    /// Back to an instruction that concerns the places, if this one does not.
    /// @param concerned registers by instruction, or `any_reg`
    /// @param next the instruction behind, which it keeps up to date
    /// @return false: none does, up to the state's first
    bool find(std::span<const std::uint16_t> concerned, const PlaceSet& places,
              std::int64_t& next) {
        const auto regs = static_cast<std::uint16_t>(places.regs[places.frame] | any_reg);
        while ((concerned[static_cast<std::size_t>(insn_)] & regs) == 0) {
            if (insn_ == noted_ && places.has_any_of(end_[-1])) return true;
            next = insn_;
            if (!back()) return false;
        }
        return true;
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

    const Step* first_;
    const Step* end_;  ///< Of the steps that are left.
    std::int64_t first_insn_;
    std::int64_t insn_;
    std::int64_t noted_ = no_insn;  ///< The instruction of the last step that is left.
};

}  // namespace bpftwin::verifier
