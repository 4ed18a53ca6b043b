// Sections of a path in which the kernel must not sleep: RCU read sections, and those without
// preemption or interrupts (kernel: check_kfunc_call, process_irq_flag).
#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {

bool Analysis::check_sections(const KfuncCall& call) {
    const bool sleeps = call.kfunc->has(sleepable);
    const std::string_view name = call.kfunc->name;
    if (!check_rcu_section(call) || !check_preempt_section(call)) return false;
    if (sleeps && state_->irq_id != 0)
        return reject(EACCES, "kernel func {} is sleepable within IRQ-disabled region", name);
    if (call.kfunc->has(rcu_protected) && !in_rcu_section())
        return reject(EACCES, "kernel func {} requires RCU critical section protection", name);
    return true;
}

bool Analysis::check_rcu_section(const KfuncCall& call) {
    const std::string_view name = call.kfunc->name;
    if (state_->rcu_locks != 0 && name.starts_with("bpf_rcu_read_") && in_tree_callback())
        return reject(EACCES, "Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback");
    if (call.is("bpf_rcu_read_lock")) {
        if (state_->rcu_locks != 0)
            return reject(EINVAL, "nested rcu read lock (kernel function {})", name);
        ++state_->rcu_locks;
    } else if (call.is("bpf_rcu_read_unlock")) {
        if (state_->rcu_locks == 0)
            return reject(EINVAL, "unmatched rcu read unlock (kernel function {})", name);
        if (--state_->rcu_locks == 0) forget_rcu_pointers();
    } else if (call.kfunc->has(sleepable) && state_->rcu_locks != 0) {
        return reject(EACCES, "kernel func {} is sleepable within rcu_read_lock region", name);
    }
    return true;
}

/// What only the section kept valid is not to be trusted behind it.
void Analysis::forget_rcu_pointers() {
    const auto is_rcu = [](const Reg& reg) { return reg.is_rcu(); };
    const auto distrust = [](Reg& reg) {
        reg.type.flags &= static_cast<std::uint16_t>(~(mem_rcu | maybe_null));
        reg.type.flags |= ptr_untrusted;
    };
    state_->change_regs(is_rcu, distrust);
    for (std::uint32_t i = 0; i <= state_->current; ++i) {
        Stack& stack = state_->frames[i].change().stack;
        for (std::size_t s = 0; s < stack.size(); ++s)
            if (stack[s].is_iter() && stack[s].spilled.is_rcu()) distrust(stack.change(s).spilled);
    }
}

bool Analysis::check_preempt_section(const KfuncCall& call) {
    const std::string_view name = call.kfunc->name;
    if (call.is("bpf_preempt_disable")) {
        ++state_->preempt_locks;
    } else if (call.is("bpf_preempt_enable")) {
        if (state_->preempt_locks == 0)
            return reject(EINVAL, "unmatched attempt to enable preemption (kernel function {})",
                          name);
        --state_->preempt_locks;
    } else if (call.kfunc->has(sleepable) && state_->preempt_locks != 0) {
        return reject(EACCES, "kernel func {} is sleepable within non-preemptible region", name);
    }
    return true;
}

/// Whether what RCU protects stays until the program lets it go (in_rcu_cs).
bool Analysis::in_rcu_section() const {
    return state_->rcu_locks != 0 || state_->locks != 0 || !state_->sleepable;
}

bool Analysis::may_sleep_here() const {
    return state_->sleepable && state_->rcu_locks == 0 && state_->locks == 0 &&
           state_->preempt_locks == 0 && state_->irq_id == 0;
}

/// Whether a helper that may sleep is called where nothing may.
bool Analysis::check_sleeping_helper(const Helper& helper) {
    if (!helper.might_sleep) return true;
    const auto refuse = [&](std::string_view where) {
        return reject(EINVAL, "sleepable helper bpf_{}#{} in {} region", helper.name, helper.id,
                      where);
    };
    if (state_->rcu_locks != 0) return refuse("rcu_read_lock");
    if (state_->preempt_locks != 0) return refuse("non-preemptible");
    return state_->irq_id == 0 || refuse("IRQ-disabled");
}

// --- Interrupts: what they were is kept on the stack, and given back in the opposite order.

bool Analysis::check_irq_flag(const KfuncCall& call, unsigned number) {
    const Reg& pointer = reg(number);
    if (!pointer.is(RegKind::ptr_to_stack))
        return reject(EINVAL, "arg#{} doesn't point to an irq flag on stack", number - 1);
    const bool by_lock = call.kfunc->name.starts_with("bpf_res_spin_");
    const bool saves = call.is("bpf_local_irq_save") || call.is("bpf_res_spin_lock_irqsave");
    return saves ? save_irq(number, by_lock) : restore_irq(number, by_lock);
}

bool Analysis::save_irq(unsigned number, bool by_lock) {
    const Reg& pointer = reg(number);
    const auto found = slot_of_object(pointer, "irq_flag", 1);
    if ((!found && found.error() != ERANGE) ||
        (found && owner_of(pointer).stack[*found].is_irq_flag()))
        return reject(EINVAL, "expected uninitialized irq flag as arg#{}", number - 1);
    if (!check_access(number, 0, slot_size, Access::write, {}, false, false)) return false;
    const auto slot = slot_of_object(pointer, "irq_flag", 1);
    if (!slot) return confused("an irq flag outside of the stack");
    Slot& flag = owner_of(pointer).stack.change(*slot);
    state_->references.push_back({.id = ++last_id_, .insn = insn_, .kind = Reference::Kind::irq});
    state_->irq_id = last_id_;
    flag.spilled = Reg::pointer({RegKind::ptr_to_stack});
    flag.spilled.ref_obj_id = last_id_;
    flag.spilled.target = by_lock ? 1 : 0;
    flag.bytes.fill(SlotByte::irq_flag);
    log_.touch_slot(static_cast<int>(*slot));
    liveness_->note_write(pointer.frame, SlotSet{1} << *slot);
    return true;
}

bool Analysis::restore_irq(unsigned number, bool by_lock) {
    const Reg& pointer = reg(number);
    const auto slot = slot_of_object(pointer, "irq_flag", 1);
    if (!slot || !owner_of(pointer).stack[*slot].is_irq_flag())
        return reject(EINVAL, "expected an initialized irq flag as arg#{}", number - 1);
    liveness_->note_read(*state_, pointer.frame, insn_, SlotSet{1} << *slot);
    Slot& flag = owner_of(pointer).stack.change(*slot);
    const std::uint32_t id = flag.spilled.ref_obj_id;
    if ((flag.spilled.target != 0) != by_lock)
        return reject(EINVAL, "irq flag acquired by {} kfuncs cannot be restored with {} kfuncs",
                      by_lock ? "native" : "lock", by_lock ? "lock" : "native");
    if (!release_irq(id)) return false;
    flag = {};
    log_.touch_slot(static_cast<int>(*slot));
    liveness_->note_write(pointer.frame, SlotSet{1} << *slot);
    return true;
}

bool Analysis::release_irq(std::uint32_t id) {
    auto& references = state_->references;
    if (id != state_->irq_id) {
        const auto innermost = std::ranges::find(references, state_->irq_id, &Reference::id);
        if (innermost == references.end()) return confused("interrupts that nothing turned off");
        return reject(
            EACCES, "cannot restore irq state out of order, expected id={} acquired at insn_idx={}",
            state_->irq_id, innermost->insn);
    }
    std::erase_if(references, [&](const Reference& held) {
        return held.kind == Reference::Kind::irq && held.id == id;
    });
    state_->irq_id = 0;
    for (const Reference& held : references)
        if (held.kind == Reference::Kind::irq) state_->irq_id = held.id;
    return true;
}

}  // namespace bpftwin::verifier
