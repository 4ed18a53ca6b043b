// The way back along a path (kernel: get_prev_insn_idx, and the parents in __mark_chain_precision).
#pragma once

#include <cstddef>
#include <cstdint>

#include "verifier/state.h"

namespace bpftwin::verifier {

/// Where a way back ends.
inline constexpr std::int64_t no_insn = -2;

/// A walk over a state's history from its end to its beginning.
class History {
public:
    History(const State& state, std::int64_t last)
        : state_(state), left_(state.history.size()), insn_(last) {}

    [[nodiscard]] std::int64_t insn() const { return insn_; }
    [[nodiscard]] const Step* step() const {
        return left_ != 0 && state_.history[left_ - 1].insn == insn_ ? &state_.history[left_ - 1]
                                                                     : nullptr;
    }
    /// One instruction back; false at the state's first.
    bool back() {
        if (insn_ == state_.first_insn) {
            if (left_ == 0) return false;
            if (left_ == 1 && state_.history[0].insn == insn_) return false;
        }
        if (const Step* at = step()) {
            insn_ = static_cast<std::int32_t>(at->previous);
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
