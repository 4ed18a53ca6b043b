#include "verifier/state.h"

namespace bpftwin::verifier {

void Slot::scrub() {
    if (is_spill() || is_iter() || is_irq_flag())
        for (SlotByte& byte : bytes)
            if (byte != SlotByte::invalid) byte = SlotByte::misc;
    spilled.make_unwritten();
}

bool Stack::holds(std::uint64_t slots) const {
    bool found = false;
    for_each([&](const Slot& slot, std::size_t index) {
        found |= (slots >> index & 1) != 0 && slot.bytes != Slot{}.bytes;
    });
    return found;
}

void Stack::forget(std::uint64_t slots) {
    constexpr std::uint64_t all = (std::uint64_t{1} << slots_per_group) - 1;
    for (std::size_t g = 0; g < groups_.size(); ++g, slots >>= slots_per_group) {
        if (!groups_[g] || (slots & all) == 0) continue;
        if ((slots & all) == all) {
            groups_[g] = {};
            continue;
        }
        SlotGroup& group = groups_[g].change();
        for (std::size_t i = 0; i < slots_per_group; ++i)
            if ((slots >> i & 1) != 0) group[i] = {};
    }
}

Owned<State> State::copy() const {
    Owned<State> copy = memory_->states.make_owned(*this);
    copy->frames[current] = frames[current].copy();
    copy->cleaned = copy->listed = false;
    copy->hits = copy->misses = 0;
    return copy;
}

Reg& State::at(const Place& place) {
    Frame& frame = frames[place.frame].change();
    return place.is_reg ? frame.regs[place.index] : frame.stack.change(place.index).spilled;
}

std::uint32_t State::insn_of_frame(std::uint32_t number, std::uint32_t insn_now) const {
    return number == current ? insn_now : static_cast<std::uint32_t>(frames[number + 1]->call_site);
}

bool same_call_sites(const State& a, const State& b) {
    if (a.current != b.current) return false;
    for (std::uint32_t i = 0; i <= a.current; ++i)
        if (a.frames[i]->call_site != b.frames[i]->call_site) return false;
    return true;
}

}  // namespace bpftwin::verifier
