// Whether a state is like one that was followed before, so that nothing new can come of it (kernel:
// states_equal, regsafe, stacksafe).
#include <algorithm>

#include "verifier/analysis.h"

namespace bpftwin::verifier {

bool IdMap::match(std::uint32_t old_id, std::uint32_t now) {
    if ((old_id != 0) != (now != 0)) return false;
    if (old_id == 0) return true;
    for (const Pair& pair : pairs_) {
        if (pair.old_id == old_id) return pair.now == now;
        if (pair.now == now) return false;
    }
    pairs_.push_back({old_id, now});
    return true;
}

bool IdMap::match_scalars(std::uint32_t old_id, std::uint32_t now) {
    if (old_id == 0) return true;
    if (now == 0) now = ++temporary_;
    if (!match(old_id, now)) return false;
    return (old_id & id_with_offset) == 0 || match(old_id & ~id_with_offset, now & ~id_with_offset);
}

namespace {

/// All but ids.
bool has_equal_facts(const Reg& a, const Reg& b) {
    return a.type == b.type && a.off == b.off && a.target == b.target && a.uid == b.uid &&
           a.num == b.num;
}

/// The scalar that a slot holds, where it is one: a full spill, or eight bytes of anything.
const Reg* scalar_in(const Slot& slot) {
    static const Reg anything = Reg::unknown_scalar();
    if (slot.is_full_scalar_spill()) return &slot.spilled;
    return slot.is_all_misc() ? &anything : nullptr;
}

}  // namespace

bool Analysis::is_exactly(const Reg& old, const Reg& now) {
    return has_equal_facts(old, now) && ids_.match(old.id, now.id) &&
           ids_.match(old.ref_obj_id, now.ref_obj_id);
}

bool Analysis::is_reg_like(const Reg& old, const Reg& now, Likeness likeness) {
    if (likeness == Likeness::equal) return is_exactly(old, now);
    if (old.type.kind == RegKind::not_init &&
        (likeness == Likeness::covered || now.type.kind == RegKind::not_init))
        return true;
    if (old.type != now.type) return false;
    const auto within = [&] {
        return range_within(old.num, now.num) && tnum_in(old.num.var_off, now.num.var_off);
    };
    switch (old.type.kind) {
        case RegKind::scalar_value:
            if (!old.precise && likeness == Likeness::covered) return true;
            if ((old.id & id_with_offset) != 0 &&
                (old.id & id_with_offset) != (now.id & id_with_offset))
                return false;
            if (old.id != 0 && (old.id & id_with_offset) == 0 && (now.id & id_with_offset) != 0)
                return false;
            if ((old.id & id_with_offset) != 0 && old.off != now.off) return false;
            return ids_.match_scalars(old.id, now.id) && within();
        case RegKind::ptr_to_map_key:
        case RegKind::ptr_to_map_value:
        case RegKind::ptr_to_mem:
        case RegKind::ptr_to_buf:
        case RegKind::ptr_to_tp_buffer:
            return old.off == now.off && old.target == now.target && old.uid == now.uid &&
                   within() && ids_.match(old.id, now.id) &&
                   ids_.match(old.ref_obj_id, now.ref_obj_id);
        case RegKind::ptr_to_packet_meta:
        case RegKind::ptr_to_packet:
            if (old.target < 0 || now.target < 0) {
                if (old.target != now.target) return false;
            } else if (old.target > now.target) {
                return false;
            }
            return old.off == now.off && ids_.match(old.id, now.id) && within();
        case RegKind::ptr_to_stack: return is_exactly(old, now) && old.frame == now.frame;
        case RegKind::ptr_to_arena: return true;
        default: return is_exactly(old, now);
    }
}

bool Analysis::is_dynptr_like(const Reg& old, const Reg& now) {
    return old.target == now.target && old.uid == now.uid &&
           ids_.match(old.ref_obj_id, now.ref_obj_id);
}

bool Analysis::is_stack_like(const Frame& old, const Frame& now, Likeness likeness) {
    for (std::size_t s = 0; s < old.stack.size(); ++s) {
        // Where neither was used, nor what matters here, nothing differs.
        if (!old.stack.may_hold(s) &&
            (likeness == Likeness::covered || (s < now.stack.size() && !now.stack.may_hold(s))))
            continue;
        const Slot& before = old.stack[s];
        const bool exists = s < now.stack.size();
        if (likeness != Likeness::covered && (!exists || before.bytes != now.stack[s].bytes))
            return false;
        if (before.is_all_misc()) continue;
        if (!exists) return false;
        const Slot& after = now.stack[s];
        const Reg *old_scalar = scalar_in(before), *now_scalar = scalar_in(after);
        if (old_scalar && now_scalar) {
            if (!is_reg_like(*old_scalar, *now_scalar, likeness)) return false;
            continue;
        }
        for (std::size_t b = 0; b < slot_size; ++b)
            if (before.bytes[b] != SlotByte::invalid && before.bytes[b] != SlotByte::misc &&
                before.bytes[b] != after.bytes[b])
                return false;
        if (before.is_spill() && !is_reg_like(before.spilled, after.spilled, likeness))
            return false;
        if (before.is_dynptr() && !is_dynptr_like(before.spilled, after.spilled)) return false;
        if (before.is_iter() && !is_iter_like(before.spilled, after.spilled)) return false;
        if (before.is_irq_flag() &&
            (before.spilled.target != after.spilled.target ||
             !ids_.match(before.spilled.ref_obj_id, after.spilled.ref_obj_id)))
            return false;
    }
    return true;
}

bool Analysis::is_like(const Frame& old, const Frame& now, Likeness likeness, std::uint32_t insn) {
    if (old.callback_depth > now.callback_depth) return false;
    const std::uint16_t live = flow_.insns[insn].live_before;
    for (unsigned i = 0; i <= frame_pointer; ++i)
        if ((live >> i & 1) != 0 && !is_reg_like(old.regs[i], now.regs[i], likeness)) return false;
    return is_stack_like(old, now, likeness);
}

bool Analysis::is_like(State& old, const State& now, Likeness likeness) {
    if (old.current != now.current) return false;
    ids_.reset(last_id_);
    if (old.locks != now.locks || old.references.size() != now.references.size()) return false;
    if (old.sleepable != now.sleepable || old.rcu_locks != now.rcu_locks ||
        old.preempt_locks != now.preempt_locks)
        return false;
    for (std::size_t i = 0; i < old.references.size(); ++i) {
        const Reference &a = old.references[i], &b = now.references[i];
        if (a.kind != b.kind || a.map != b.map || !ids_.match(a.id, b.id)) return false;
    }
    if (!ids_.match(old.irq_id, now.irq_id) || !same_call_sites(old, now)) return false;
    for (std::uint32_t i = 0; i <= old.current; ++i)
        if (!is_like(*old.frames[i], *now.frames[i], likeness, old.insn_of_frame(i, old.insn)))
            return false;
    return true;
}

// Scalars that changed since an earlier round of a loop become unknown where their value does not
// matter, so that the loop's next round is like this one (widen_imprecise_scalars).
void Analysis::widen(const State& old, State& now) {
    ids_.reset(last_id_);
    const auto is_wider = [&](const Reg& before, const Reg& after) {
        return before.is_scalar() && before.type == after.type && !before.precise &&
               !after.precise && !is_exactly(before, after);
    };
    for (std::uint32_t f = old.current + 1; f-- > 0;) {
        const Frame& before = *old.frames[f];
        Frame& after = now.frames[f].change();
        for (unsigned i = 0; i <= frame_pointer; ++i)
            if (is_wider(before.regs[i], after.regs[i])) after.regs[i].make_unknown();
        const std::size_t slots = std::min(before.stack.size(), after.stack.size());
        for (std::size_t i = 0; i < slots; ++i)
            if (before.stack[i].is_spill() && after.stack[i].is_spill() &&
                is_wider(before.stack[i].spilled, after.stack[i].spilled))
                after.stack.change(i).spilled.make_unknown();
    }
}

}  // namespace bpftwin::verifier
