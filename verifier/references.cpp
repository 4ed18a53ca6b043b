// What a program acquires and must give back: objects of the kernel, and locks.
#include <algorithm>

#include "verifier/analysis.h"

namespace bpftwin::verifier {

std::uint32_t Analysis::acquire_reference() {
    state_->references.push_back({.id = ++last_id_, .insn = insn_});
    return last_id_;
}

bool Analysis::release_reference(std::uint32_t id) {
    auto& references = state_->references;
    const auto found = std::ranges::find_if(references, [&](const Reference& reference) {
        return reference.kind == Reference::Kind::pointer && reference.id == id;
    });
    if (found == references.end()) return false;
    references.erase(found);
    state_->change_regs([&](const Reg& reg) { return reg.ref_obj_id == id; },
                        [](Reg& reg) { reg.make_unknown(); });
    return true;
}

bool Analysis::check_leaks(bool everywhere) {
    if (state_->current != 0 && !everywhere) return true;
    bool leaks = false;
    for (const Reference& reference : state_->references) {
        if (reference.kind != Reference::Kind::pointer) continue;
        say("Unreleased reference id={} alloc_insn={}", reference.id, reference.insn);
        leaks = true;
    }
    return !leaks;
}

FieldKind lock_field(Reference::Kind kind) {
    return kind == Reference::Kind::lock ? FieldKind::spin_lock : FieldKind::res_spin_lock;
}

namespace {

/// As messages name the functions for such locks.
std::string_view family_of(Reference::Kind kind) {
    return kind == Reference::Kind::lock ? "bpf_spin" : "bpf_res_spin";
}

}  // namespace

bool Analysis::take_lock(Reference::Kind kind, std::int32_t map, std::uint32_t id) {
    const auto is_same = [&](const Reference& held) {
        return held.is_lock() && held.kind != Reference::Kind::lock && held.id == id &&
               held.map == map;
    };
    if (kind == Reference::Kind::lock) {
        if (std::ranges::count(state_->references, kind, &Reference::kind) != 0)
            return reject(EINVAL, "Locking two bpf_spin_locks are not allowed");
    } else if (std::ranges::any_of(state_->references, is_same)) {
        return reject(EINVAL, "Acquiring the same lock again, AA deadlock detected");
    }
    state_->references.push_back({.id = id, .insn = insn_, .kind = kind, .map = map});
    ++state_->locks;
    return true;
}

// Locks are given back in the opposite order.
bool Analysis::give_lock_back(Reference::Kind kind, std::int32_t map, std::uint32_t id) {
    const std::string_view family = family_of(kind);
    if (state_->locks == 0) return reject(EINVAL, "{}_unlock without taking a lock", family);
    auto& held = state_->references;
    const auto same = std::ranges::find_if(held, [&](const Reference& reference) {
        return reference.kind == kind && reference.id == id && reference.map == map;
    });
    if (same == held.end()) return reject(EINVAL, "{}_unlock of different lock", family);
    const auto latest = std::ranges::find_if(held.rbegin(), held.rend(), &Reference::is_lock);
    if (latest->id != id || latest->map != map)
        return reject(EINVAL, "{}_unlock cannot be out of order", family);
    held.erase(same);
    --state_->locks;
    forget_disowned();
    return true;
}

/// What must not be held where a program ends or leaves for another one (check_resource_leak).
bool Analysis::check_resources(std::string_view before, bool everywhere) {
    if (!check_leaks(everywhere)) return reject(EINVAL, "{} would lead to reference leak", before);
    if (state_->locks != 0)
        return reject(EINVAL, "{} cannot be used inside bpf_spin_lock-ed region", before);
    if (state_->irq_id != 0)
        return reject(EINVAL, "{} cannot be used inside bpf_local_irq_save-ed region", before);
    if (state_->rcu_locks != 0)
        return reject(EINVAL, "{} cannot be used inside bpf_rcu_read_lock-ed region", before);
    if (state_->preempt_locks != 0)
        return reject(EINVAL, "{} cannot be used inside bpf_preempt_disable-ed region", before);
    return true;
}

}  // namespace bpftwin::verifier
