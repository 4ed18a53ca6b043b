#include "verifier/state.h"

#include <algorithm>

namespace bpftwin::verifier {

void Slot::scrub() {
    if (is_spill() || is_iter() || is_irq_flag())
        for (SlotByte& byte : bytes)
            if (byte != SlotByte::invalid) byte = SlotByte::misc;
    spilled.make_unwritten();
}

void Frame::grow_stack(int bytes) {
    const auto slots = static_cast<std::size_t>((bytes + slot_size - 1) / slot_size);
    if (slots > stack.size()) stack.resize(slots);
}

State& State::operator=(const State& other) {
    for (std::uint32_t i = 0; i < max_frames; ++i) {
        if (i > other.current) {
            frames[i].reset();
        } else if (frames[i]) {
            *frames[i] = *other.frames[i];
        } else {
            frames[i] = std::make_unique<Frame>(*other.frames[i]);
        }
    }
    current = other.current;
    references = other.references;
    locks = other.locks;
    lock_id = other.lock_id;
    rcu_locks = other.rcu_locks;
    preempt_locks = other.preempt_locks;
    irq_id = other.irq_id;
    parent = other.parent;
    branches = other.branches;
    insn = other.insn;
    first_insn = other.first_insn;
    last_insn = other.last_insn;
    history = other.history;
    depth = other.depth;
    visit = other.visit;
    callback_unroll_depth = other.callback_unroll_depth;
    may_goto_depth = other.may_goto_depth;
    cleaned = listed = false;
    hits = misses = 0;
    return *this;
}

Reg& State::at(const Place& place) {
    Frame& frame = *frames[place.frame];
    return place.is_reg ? frame.regs[place.index] : frame.stack[place.index].spilled;
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
