// Conditional jumps: which ways are possible, and what each teaches (kernel: check_cond_jmp_op,
// is_branch_taken, reg_set_min_max, sync_linked_regs, try_match_pkt_pointers).
#include <algorithm>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

constexpr int max_packet_off = 0xffff;

/// A packet pointer compared with the end, in what a comparison knows of the pointer's range.
Truth packet_truth(Comparison comparison, const Reg& left, const Reg& right) {
    const Reg* pointer = nullptr;
    if (right.type.kind == RegKind::ptr_to_packet_end) {
        pointer = &left;
    } else if (left.type.kind == RegKind::ptr_to_packet_end) {
        pointer = &right;
        comparison = flipped(comparison);
    }
    if (!pointer || pointer->target >= 0) return Truth::unknown;
    const bool is_beyond = pointer->target == beyond_packet_end;
    switch (comparison) {
        case Comparison::le: return is_beyond ? Truth::never : Truth::unknown;
        case Comparison::gt: return is_beyond ? Truth::always : Truth::unknown;
        case Comparison::lt: return Truth::never;
        case Comparison::ge: return Truth::always;
        default: return Truth::unknown;
    }
}

/// A pointer compared with a constant: only 0, and only where the pointer is certainly not null. In
/// 32 bits the same is concluded, though an address may well have a low half of 0.
Truth pointer_truth(Comparison comparison, unsigned bits, const Reg& left, const Reg& right) {
    const auto is_known = [&](const Reg& reg) {
        return reg.is_scalar() && (bits == 64 ? reg.num.is_const() : reg.num.is_const32());
    };
    const auto is_zero = [&](const Reg& reg) {
        const auto value = reg.num.var_off.value;
        return is_known(reg) && (bits == 64 ? value : static_cast<std::uint32_t>(value)) == 0;
    };
    const Reg& pointer = is_known(right) ? left : right;
    const Reg& other = is_known(right) ? right : left;
    if (!is_zero(other) || !pointer.is_not_null()) return Truth::unknown;
    if (comparison == Comparison::eq) return Truth::never;
    return comparison == Comparison::ne ? Truth::always : Truth::unknown;
}

Truth truth_of(Comparison comparison, unsigned bits, const Reg& left, const Reg& right) {
    if (left.is_packet_or_end() && right.is_packet_or_end() && bits == 64)
        return packet_truth(comparison, left, right);
    if (left.is_pointer() || right.is_pointer())
        return pointer_truth(comparison, bits, left, right);
    return holds(comparison, bits, left.num, right.num);
}

/// A packet pointer to the packet's first byte.
bool is_packet_start(const Reg& reg) {
    return reg.is(RegKind::ptr_to_packet) && reg.id == 0 && reg.off == 0 &&
           reg.num.is_const_value(0);
}

/// Whether `start` is compared with what ends it: a packet with its end, its meta data with its
/// first byte.
bool is_packet_check(const Reg& start, const Reg& end) {
    return (start.is(RegKind::ptr_to_packet) && end.type.kind == RegKind::ptr_to_packet_end) ||
           (start.is(RegKind::ptr_to_packet_meta) && is_packet_start(end));
}

}  // namespace

bool Analysis::check_may_goto() {
    State* entry = previous_entry(*state_->parent, insn_);
    State* queued = push(insn_ + 1, insn_, ENOMEM);
    if (!queued) return false;
    ++queued->may_goto_depth;
    if (entry) widen(*entry, *queued);
    insn_ += static_cast<std::uint32_t>(std::int32_t{insn().off});
    return true;
}

bool Analysis::check_jump() {
    const Insn& insn = this->insn();
    const OpInfo& row = info(ops_[insn_]);
    const bool has_register = (insn.code & 8) != 0;
    if (!read_reg(insn.dst) || (has_register && !read_reg(insn.src))) return false;
    const Reg constant = Reg::constant(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
    const Reg& left = reg(insn.dst);
    const Reg& right = has_register ? reg(insn.src) : constant;
    Step step = step_here();
    step.dst_is_stack = left.is(RegKind::ptr_to_stack);
    step.src_is_stack = right.is(RegKind::ptr_to_stack);
    if (step.dst_is_stack || step.src_is_stack) note_step(step);

    const Truth truth = truth_of(comparison_of(ops_[insn_]), row.bits, left, right);
    if (truth == Truth::unknown) return branch_both_ways(right);
    if (left.is_scalar() && !mark_precise(insn.dst)) return false;
    if (has_register && right.is_scalar() && !mark_precise(insn.src)) return false;
    if (log_.is_on()) log_.changes(insn_, *state_, frame());
    if (truth == Truth::always) insn_ += static_cast<std::uint32_t>(std::int32_t{insn.off});
    return true;
}

bool Analysis::branch_both_ways(const Reg& constant_or_source) {
    const Insn& insn = this->insn();
    const bool has_register = (insn.code & 8) != 0;
    const LinkedRegs linked = note_linked(reg(insn.dst), constant_or_source);
    State* taken = push(insn_ + 1 + static_cast<std::uint32_t>(std::int32_t{insn.off}), insn_);
    if (!taken) return false;
    Reg here_constant = constant_or_source, taken_constant = constant_or_source;
    Reg& right = has_register ? reg(insn.src) : here_constant;
    Reg& taken_right = has_register ? taken->reg(insn.src) : taken_constant;
    learn_from_numbers(*taken, right, taken_right, linked);
    learn_from_pointers(*taken);
    if (log_.is_on()) log_.changes(insn_, *state_, frame());
    return true;
}

/// The scalars that are equal to an operand, or differ by a constant, and will learn with it.
LinkedRegs Analysis::note_linked(const Reg& left, const Reg& right) {
    LinkedRegs linked;
    if ((insn().code & 8) != 0 && right.is_scalar() && right.id != 0)
        linked = linked_to(right.id, linked);
    if (left.is_scalar() && left.id != 0) linked = linked_to(left.id, linked);
    if (linked.count() > 1) {
        if (claims_) claims_->linked(linked);
        Step step = step_here();
        step.linked = linked;
        note_step(step);
    }
    return linked;
}

void Analysis::learn_from_numbers(State& taken, Reg& right, Reg& taken_right,
                                  const LinkedRegs& linked) {
    const Insn& insn = this->insn();
    const unsigned bits = info(ops_[insn_]).bits;
    const Comparison comparison = comparison_of(ops_[insn_]);
    Reg& left = reg(insn.dst);
    Reg& taken_left = taken.reg(insn.dst);
    if (left.is_scalar() && right.is_scalar()) {
        refine(negated(comparison), bits, left.num, right.num);
        refine(comparison, bits, taken_left.num, taken_right.num);
        for (Reg* reg : {&taken_left, &taken_right, &left, &right}) settle_bounds(*reg);
    }
    if ((insn.code & 8) != 0 && right.is_scalar() && right.id != 0) {
        sync_linked(*state_, right, linked);
        sync_linked(taken, taken_right, linked);
    }
    if (left.is_scalar() && left.id != 0) {
        sync_linked(*state_, left, linked);
        sync_linked(taken, taken_left, linked);
    }
}

void Analysis::learn_from_pointers(State& taken) {
    const Insn& insn = this->insn();
    const bool has_register = (insn.code & 8) != 0;
    const Comparison comparison = comparison_of(ops_[insn_]);
    const bool is_equality = (comparison == Comparison::eq || comparison == Comparison::ne) &&
                             info(ops_[insn_]).bits == 64;
    const auto is_plain_pointer = [](const Reg& reg) {
        return reg.is_pointer() && reg.type.kind != RegKind::ptr_to_btf_id;
    };
    if (is_equality && has_register && is_plain_pointer(reg(insn.dst)) &&
        is_plain_pointer(reg(insn.src))) {
        State& equal = comparison == Comparison::eq ? taken : *state_;
        const bool left_known = reg(insn.dst).is_not_null();
        const bool right_known = reg(insn.src).is_not_null();
        if (left_known && reg(insn.src).may_be_null()) mark_not_null(equal.reg(insn.src));
        if (right_known && reg(insn.dst).may_be_null()) mark_not_null(equal.reg(insn.dst));
    }
    if (is_equality && !has_register && insn.imm == 0 && reg(insn.dst).may_be_null()) {
        learn_null(*state_, insn.dst, comparison == Comparison::ne);
        learn_null(taken, insn.dst, comparison == Comparison::eq);
    } else {
        match_packet_pointers(taken);
    }
}

// --- Null checks.

void Analysis::mark_not_null(Reg& reg) const {
    if (reg.type.kind != RegKind::ptr_to_map_value) {
        reg.type.flags &= static_cast<std::uint16_t>(~maybe_null);
        return;
    }
    const Map& map = map_of(reg);
    reg.type.flags &= static_cast<std::uint16_t>(~maybe_null);
    if (map.inner >= 0) {
        reg.type.kind = RegKind::const_ptr_to_map;
        reg.target = map.inner;
        const Map& inner = maps_[static_cast<std::size_t>(map.inner)];
        if (inner.field(FieldKind::timer) || inner.field(FieldKind::workqueue) ||
            inner.field(FieldKind::task_work))
            reg.uid = reg.id;
    } else if (map.type() == MapType::xskmap) {
        reg.type.kind = RegKind::ptr_to_xdp_sock;
    } else if (map.type() == MapType::sockmap || map.type() == MapType::sockhash) {
        reg.type.kind = RegKind::ptr_to_socket;
        ++reg.target;
    }
}

void Analysis::learn_null(State& state, unsigned number, bool is_null) {
    const std::uint32_t id = state.reg(number).id;
    const std::uint32_t reference = state.reg(number).ref_obj_id;
    // Nothing was acquired where null came back.
    if (reference != 0 && reference == id && is_null)
        std::erase_if(state.references, [&](const Reference& held) {
            return held.kind == Reference::Kind::pointer && held.id == id;
        });
    const auto is_same = [&](const Reg& reg) { return reg.may_be_null() && reg.id == id; };
    state.change_regs(is_same, [&](Reg& reg) {
        if (is_null) {
            reg = Reg::constant(0);
            return;
        }
        mark_not_null(reg);
        if (!may_hold_lock(reg)) reg.id = 0;
    });
}

// --- Packet ranges.

void Analysis::learn_packet_range(State& state, const Reg& pointer, RegKind kind, bool open) {
    if (pointer.off < 0 || (pointer.off == 0 && open)) return;
    if (pointer.num.umax > max_packet_off ||
        pointer.num.umax + static_cast<std::uint64_t>(pointer.off) > max_packet_off)
        return;
    const std::int32_t range = pointer.off + (open ? 1 : 0);
    const std::uint32_t id = pointer.id;
    const auto learns = [&](const Reg& reg) {
        return reg.is(kind) && reg.id == id && reg.target < range;
    };
    state.change_regs(learns, [&](Reg& reg) { reg.target = range; });
}

// `start > end` holds on one way: there the packet ends before `start`, on the other one not.
bool Analysis::match_packet_pointers(State& taken) {
    const Insn& insn = this->insn();
    const OpInfo& row = info(ops_[insn_]);
    if ((insn.code & 8) == 0 || row.bits != 64) return false;
    Comparison comparison = comparison_of(ops_[insn_]);
    unsigned start = insn.dst, end = insn.src;
    if (!is_packet_check(reg(start), reg(end))) {
        if (!is_packet_check(reg(end), reg(start))) return false;
        std::swap(start, end);
        comparison = flipped(comparison);
    }
    State *inside = nullptr, *outside = nullptr;
    bool open = false;  // Whether start < end inside, not only start <= end.
    switch (comparison) {
        case Comparison::gt: inside = state_.get(), outside = &taken; break;
        case Comparison::le: inside = &taken, outside = state_.get(); break;
        case Comparison::lt: inside = &taken, outside = state_.get(), open = true; break;
        case Comparison::ge: inside = state_.get(), outside = &taken, open = true; break;
        default: return false;
    }
    const Reg pointer = reg(start);
    learn_packet_range(*inside, pointer, pointer.type.kind, open);
    Reg& beyond = outside->reg(start);
    if (beyond.is(RegKind::ptr_to_packet)) beyond.target = open ? at_packet_end : beyond_packet_end;
    return true;
}

// --- Linked scalars.

LinkedRegs Analysis::linked_to(std::uint32_t id, LinkedRegs linked) {
    id &= ~id_with_offset;
    const auto add = [&](const Reg& reg, Place place) {
        if (!reg.is_scalar() || (reg.id & ~id_with_offset) != id) return;
        if (linked.count() < LinkedRegs::limit)
            linked.add(place);
        else
            state_->at(place).clear_scalar_id();
    };
    for (std::uint32_t i = state_->current + 1; i-- > 0;) {
        const Frame& frame = *state_->frames[i];
        const auto number = static_cast<std::uint8_t>(i);
        const std::uint16_t live = flow_.insns[state_->insn_of_frame(i, insn_)].live_before;
        for (std::uint8_t r = 0; r < frame_pointer; ++r)
            if ((live >> r & 1) != 0) add(frame.regs[r], {number, true, r});
        frame.stack.for_each([&](const Slot& slot, std::size_t index) {
            if (slot.is_spill())
                add(slot.spilled, {number, false, static_cast<std::uint8_t>(index)});
        });
    }
    return linked;
}

void Analysis::sync_linked(State& state, const Reg& known_reg, const LinkedRegs& linked) {
    const Reg known = known_reg;
    for (unsigned i = 0; i < linked.count(); ++i) {
        Reg& reg = state.at(linked[i]);
        if (!reg.is_scalar() || &reg == &known_reg) continue;
        if ((reg.id & ~id_with_offset) != (known.id & ~id_with_offset)) continue;
        const bool equal = (reg.id & id_with_offset) == 0 && (known.id & id_with_offset) == 0;
        if (equal || reg.off == known.off) {
            reg = known;
            continue;
        }
        const std::uint32_t links = (reg.id | known.id) & id_with_offset;
        if (links == id_with_offset) continue;
        const auto distance = static_cast<std::int64_t>(reg.off) - known.off;
        const std::int32_t off = reg.off;
        const std::uint32_t id = reg.id;
        reg = known;
        reg.off = off;
        reg.id = id;
        apply(Op::add64_k, reg.num, Scalar::constant(static_cast<std::uint64_t>(distance)));
        if (links == id_with_offset_32) reg.num.zero_extend_32();
    }
}

}  // namespace bpftwin::verifier
