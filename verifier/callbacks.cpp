// Functions of the program that helpers call: while they run, or later (kernel:
// push_callback_call, push_async_cb, set_*_callback_state).
#include <algorithm>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

/// Map types whose elements a helper visits (map_for_each_callback).
bool visits_elements(MapType type) {
    switch (type) {
        case MapType::array:
        case MapType::percpu_array:
        case MapType::hash:
        case MapType::lru_hash:
        case MapType::percpu_hash:
        case MapType::lru_percpu_hash: return true;
        default: return false;
    }
}

/// The map of another pointer, or a part of its elements.
Reg part_of_map(const Reg& pointer, RegKind kind) {
    Reg reg = Reg::pointer({kind});
    reg.target = pointer.target;
    reg.uid = pointer.uid;
    return reg;
}

/// Whose elements are visited, or hold the timer.
void set_element(Frame& callee, const Reg& pointer) {
    callee.regs[1] = part_of_map(pointer, RegKind::const_ptr_to_map);
    callee.regs[2] = part_of_map(pointer, RegKind::ptr_to_map_key);
    callee.regs[3] = part_of_map(pointer, RegKind::ptr_to_map_value);
}

}  // namespace

// The function is followed as another path, which ends where the helper is called again, or
// returns; here the helper returns without calling.
bool Analysis::call_back(std::uint32_t subprogram, const CallFacts& call) {
    const Helper& helper = *call.helper;
    if (helper.name == "for_each_map_elem" &&
        !visits_elements(maps_[static_cast<std::size_t>(*call.map)].type()))
        return reject(not_supported, "callback function not allowed for map");
    State* inside = push(flow_.subprograms[subprogram].start, insn_);
    if (!inside || !push_frame(*inside, subprogram, static_cast<std::int32_t>(insn_))) return false;
    Frame& callee = inside->frames[inside->current + 1].change();
    if (!set_callback_arguments(helper, *inside->frames[inside->current], callee)) return false;
    callee.in_callback = true;
    ++inside->frame().callback_depth;
    ++inside->current;
    ++inside->callback_unroll_depth;
    frame().callback_depth = 0;
    return true;
}

bool Analysis::set_callback_arguments(const Helper& helper, const Frame& caller, Frame& callee) {
    if (helper.name == "loop") {
        callee.regs[1].make_unknown();
        callee.regs[2] = caller.regs[3];
    } else if (helper.name == "user_ringbuf_drain") {
        callee.regs[1] = given_dynptr();
        callee.regs[2] = caller.regs[3];
    } else if (helper.name == "find_vma") {
        const auto area = kernel_struct("vm_area_struct");
        if (!area) return false;
        callee.regs[1] = caller.regs[1];
        callee.regs[2] = object_pointer(*area, no_flag);
        callee.regs[3] = caller.regs[4];
    } else {
        set_element(callee, caller.regs[1]);
        callee.regs[1] = caller.regs[1];
        callee.regs[4] = caller.regs[3];
    }
    return true;
}

// Nothing of the caller is there when the function runs: it is followed like a program of its own.
bool Analysis::call_later(const Later& call) {
    const std::uint32_t subprogram = call.subprogram;
    is_called_later_[subprogram] = true;
    const std::uint32_t start = flow_.subprograms[subprogram].start;
    waiting_.push_back(
        {memory_.states.make_owned(memory_), start, static_cast<std::int32_t>(insn_), log_.size()});
    if (waiting_.size() > max_waiting)
        return reject(EFAULT, "The sequence of {} jumps is too complex for async cb.",
                      waiting_.size());
    State& later = *waiting_.back().state;
    later.first_insn = start;
    Frame& callee = push_entry(later, subprogram);
    callee.async_entries = frame().async_entries + 1;
    callee.in_async_callback = true;
    callee.callback_returns = call.returns;
    later.sleepable = call.sleeps;
    set_element(callee, reg(call.map_register));
    return true;
}

// The kernel removes what no path reaches, also functions whose address is taken all the same, as
// by a bpf_loop of no rounds. The address is then that of the next function; the kernel fails in
// its own way where there is none (bpf_adj_branches, jit_subprogs).
bool Analysis::check_addresses() {
    for (std::uint32_t at = 0; at < program_.insns.size(); ++at) {
        if (!is_reached_[at] || ops_[at] != Op::lddw_func) continue;
        if (loses_address(at + 1 + static_cast<std::uint32_t>(program_.insns[at].imm)))
            return give_up("addresses of functions that no path reaches");
    }
    return true;
}

/// Whether nothing stands where the function was.
bool Analysis::loses_address(std::uint32_t target) const {
    if (is_reached_[target]) return false;
    const bool is_second_slot = program_.insns[target - 1].code == 0;
    const bool begins_removed_part = is_reached_[target - (is_second_slot ? 2 : 1)];
    const auto next = std::find(is_reached_.begin() + target, is_reached_.end(), true);
    return !begins_removed_part || next == is_reached_.end();
}

}  // namespace bpftwin::verifier
