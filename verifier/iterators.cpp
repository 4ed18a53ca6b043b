// Open-coded iterators: objects on the stack that a kernel function makes, of which another one
// gives the elements until it gives null, and a third one ends (kernel: process_iter_arg,
// process_iter_next_call).
#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {
namespace {

SlotSet slots_from(std::uint32_t first, std::uint32_t count) {
    return ((SlotSet{1} << count) - 1) << (first + 1 - count);
}

/// "num" of a pointer to struct bpf_iter_num.
std::string_view name_of_iterator(const Btf& types, std::uint32_t type) {
    constexpr std::string_view begin = "bpf_iter_";
    return types.type(type).name.substr(begin.size());
}

}  // namespace

bool Analysis::check_iterator(KfuncCall& call, unsigned number) {
    const Reg& pointer = reg(number);
    if (!pointer.is(RegKind::ptr_to_stack))
        return reject(EINVAL, "arg#{} expected pointer to an iterator on stack", number - 1);
    const BtfParam& param = call.params[number - 1];
    const Btf& types = *call.types;
    const std::uint32_t slots = iterator_slots(types, param);
    if (slots == 0) return reject(EINVAL, "expected valid iter pointer as arg #{}", number - 1);
    const std::uint32_t type = types.resolve(types.type(types.resolve(param.type)).type);
    if (call.kfunc->has(iter_new)) return make_iterator(call, number, type, slots);
    const auto first = slot_of_object(pointer, "iter", slots);
    switch (first ? state_of_iterator(owner_of(pointer), *first, type, slots)
                  : IteratorFound::none) {
        case IteratorFound::none:
            return reject(EINVAL, "expected an initialized iter_{} as arg #{}",
                          name_of_iterator(types, type), number - 1);
        case IteratorFound::outside_rcu:
            return reject(EPROTO, "expected an RCU CS when using {}", call.kfunc->name);
        case IteratorFound::valid: break;
    }
    Frame& owner = owner_of(pointer);
    liveness_->note_read(*state_, owner.number, insn_, slots_from(*first, slots));
    call.iterator =
        Place{static_cast<std::uint8_t>(owner.number), false, static_cast<std::uint8_t>(*first)};
    call.ref_obj_id = owner.stack[*first].spilled.ref_obj_id;
    return !call.kfunc->has(iter_destroy) || end_iterator(owner, *first, slots);
}

Analysis::IteratorFound Analysis::state_of_iterator(const Frame& owner, std::uint32_t first,
                                                    std::uint32_t type, std::uint32_t slots) {
    for (std::uint32_t i = 0; i < slots; ++i) {
        const Slot& slot = owner.stack[first - i];
        if (slot.spilled.type.has(ptr_untrusted)) return IteratorFound::outside_rcu;
        const bool has_reference = slot.spilled.ref_obj_id != 0;
        if (has_reference != (i == 0) || slot.spilled.target != static_cast<std::int32_t>(type))
            return IteratorFound::none;
        for (const SlotByte byte : slot.bytes)
            if (byte != SlotByte::iter) return IteratorFound::none;
    }
    return IteratorFound::valid;
}

bool Analysis::make_iterator(const KfuncCall& call, unsigned number, std::uint32_t type,
                             std::uint32_t slots) {
    const Reg& pointer = reg(number);
    const auto found = slot_of_object(pointer, "iter", slots);
    bool is_free = found || found.error() == ERANGE;
    for (std::uint32_t i = 0; found && i < slots; ++i)
        for (const SlotByte byte : owner_of(pointer).stack[*found - i].bytes)
            is_free &= byte != SlotByte::iter;
    if (!is_free)
        return reject(EINVAL, "expected uninitialized iter_{} as arg #{}",
                      name_of_iterator(*call.types, type), number - 1);
    for (int i = 0; i < static_cast<int>(slots); ++i)
        if (!check_access(number, i * slot_size, slot_size, Access::write, {}, false, false))
            return false;
    const auto first = slot_of_object(pointer, "iter", slots);
    if (!first) return confused("an iterator outside of the stack");
    Reg iterator = Reg::pointer({RegKind::ptr_to_stack});
    iterator.target = static_cast<std::int32_t>(type);
    iterator.ref_obj_id = acquire_reference();
    if (call.kfunc->has(rcu_protected))
        iterator.type.flags |= in_rcu_section() ? mem_rcu : ptr_untrusted;
    Frame& owner = owner_of(pointer);
    for (std::uint32_t i = 0; i < slots; ++i) {
        Slot& slot = owner.stack.change(*first - i);
        slot.spilled = iterator;
        slot.bytes.fill(SlotByte::iter);
        log_.touch_slot(static_cast<int>(*first - i));
        iterator.ref_obj_id = 0;
    }
    liveness_->note_write(owner.number, slots_from(*first, slots));
    return true;
}

bool Analysis::end_iterator(Frame& owner, std::uint32_t first, std::uint32_t slots) {
    if (!release_reference(owner.stack[first].spilled.ref_obj_id))
        return confused("an iterator that nothing acquired");
    for (std::uint32_t i = 0; i < slots; ++i) {
        owner.stack.change(first - i) = {};
        log_.touch_slot(static_cast<int>(first - i));
    }
    liveness_->note_write(owner.number, slots_from(first, slots));
    return true;
}

// Another path goes on with an element, as in another round of the loop; here there is none left.
bool Analysis::follow_iterator(const KfuncCall& call) {
    if (state_->at(*call.iterator).iter_state() == IterState::active) {
        const State* parent = state_->parent;
        if (!parent || parent->insn != insn_) return confused("an iterator without its state");
        const State* earlier = previous_entry(*parent, insn_);
        State* inside = push(insn_ + 1, insn_, ENOMEM);
        if (!inside) return false;
        ++inside->at(*call.iterator).uid;
        if (earlier) widen(*earlier, *inside);
        mark_not_null(inside->reg(0));
    }
    state_->at(*call.iterator).off = static_cast<std::int32_t>(IterState::drained);
    log_.touch_slot(call.iterator->index);
    reg(0) = Reg::constant(0);
    return true;
}

/// Whether the next element is asked of an iterator that has some left: the first argument.
bool Analysis::has_active_iterator(const State& state) const {
    const Reg& pointer = state.reg(1);
    const int off = pointer.off + static_cast<int>(pointer.num.var_off.value);
    const auto& stack = state.frames[pointer.frame]->stack;
    const auto slot = static_cast<std::size_t>((-off - 1) / slot_size);
    return slot < stack.size() && stack[slot].is_iter() &&
           stack[slot].spilled.iter_state() == IterState::active;
}

bool Analysis::is_iter_like(const Reg& old, const Reg& now) {
    return old.target == now.target && old.iter_state() == now.iter_state() &&
           ids_.match(old.ref_obj_id, now.ref_obj_id);
}

/// Whether an iterator went on since: then the loop ends (iter_active_depths_differ).
bool Analysis::iterators_went_on(const State& old, const State& now) {
    for (std::uint32_t f = 0; f <= old.current; ++f) {
        const auto &before = old.frames[f]->stack, &after = now.frames[f]->stack;
        for (std::size_t i = 0; i < before.size() && i < after.size(); ++i)
            if (before[i].is_iter() && before[i].spilled.iter_state() == IterState::active &&
                before[i].spilled.uid != after[i].spilled.uid)
                return true;
    }
    return false;
}

}  // namespace bpftwin::verifier
