// Registers and stack slots whose values matter, gathered on the way back along a path.
#pragma once

#include <array>
#include <cstdint>

#include "verifier/state.h"

namespace bpftwin::verifier {

/// Places whose scalars must be known exactly, by frame (struct backtrack_state).
struct PlaceSet {
    std::array<std::uint16_t, max_frames> regs{};
    std::array<std::uint64_t, max_frames> slots{};
    std::uint32_t frame = 0;

    [[nodiscard]] bool empty() const;
    [[nodiscard]] bool has(const Place& place) const {
        return place.is_reg ? (regs[place.frame] >> place.index & 1) != 0
                            : (slots[place.frame] >> place.index & 1) != 0;
    }
    /// A register or slot that learned from the comparison.
    [[nodiscard]] bool has_linked(const Step& step) const {
        for (unsigned i = 0; i < step.linked.count(); ++i)
            if (has(step.linked[i])) return true;
        return false;
    }
    [[nodiscard]] bool has_any_of(const Step& step) const {
        return (step.stack_access && has(step.slot_place())) || has_linked(step);
    }
    void add(const Place& place);
    [[nodiscard]] bool has_reg(unsigned number) const { return (regs[frame] >> number & 1) != 0; }
    void add_reg(unsigned number) { regs[frame] |= static_cast<std::uint16_t>(1U << number); }
    void remove_reg(unsigned number) { regs[frame] &= static_cast<std::uint16_t>(~(1U << number)); }
};

}  // namespace bpftwin::verifier
