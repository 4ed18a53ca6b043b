// Precision: which registers on the path so far must have had exactly the values that are known of
// them, so that what is decided now holds; all others may be anything when states are compared
// (kernel: mark_chain_precision, backtrack_insn).
#include <bit>

#include "verifier/analysis.h"
#include "verifier/way_back.h"

namespace bpftwin::verifier {
namespace {

constexpr std::uint16_t argument_regs = 0b111110;
constexpr std::int32_t tail_call = 12;  ///< The helper's number.

void add_linked(const Step& step, PlaceSet& places) {
    if (!places.has_linked(step)) return;
    for (unsigned i = 0; i < step.linked.count(); ++i) places.add(step.linked[i]);
}

}  // namespace

bool PlaceSet::empty() const {
    for (std::uint32_t i = 0; i <= frame; ++i)
        if (regs[i] != 0 || slots[i] != 0) return false;
    return true;
}

void PlaceSet::add(const Place& place) {
    if (place.is_reg)
        regs[place.frame] |= static_cast<std::uint16_t>(1U << place.index);
    else
        slots[place.frame] |= std::uint64_t{1} << place.index;
}

namespace {

/// "regs=r1,r2 stack=-8".
std::string text_of(const PlaceSet& places, std::uint32_t frame) {
    std::string regs, slots;
    const auto add = [](std::string& to, std::string_view before, int number) {
        if (!to.empty()) to += ',';
        to += fmt::format("{}{}", before, number);
    };
    for (int i = 0; i < 11; ++i)
        if ((places.regs[frame] >> i & 1) != 0) add(regs, "r", i);
    for (int i = 0; i < 64; ++i)
        if ((places.slots[frame] >> i & 1) != 0) add(slots, "", -(i + 1) * slot_size);
    return fmt::format("regs={} stack={}", regs, slots);
}

}  // namespace

void Analysis::show_step_back(std::uint32_t insn, const PlaceSet& places) {
    say("mark_precise: frame{}: {} before {}: {}", places.frame, text_of(places, places.frame),
        insn, log_.instruction_text(insn));
}

void Analysis::show_kept(const State& kept, std::uint32_t frame, const PlaceSet& places) {
    log_.add(
        fmt::format("mark_precise: frame{}: parent state {}: ", frame, text_of(places, frame)));
    log_.whole_state(kept, *kept.frames[frame]);
}

/// "frame 0: propagating r1,r2,fp-8".
void Analysis::show_propagated(const PlaceSet& places) {
    for (std::uint32_t f = places.frame + 1; f-- > 0;) {
        std::string list;
        const auto add = [&](std::string_view name, int number) {
            if (!list.empty()) list += ',';
            list += fmt::format("{}{}", name, number);
        };
        for (int i = 0; i < 11; ++i)
            if ((places.regs[f] >> i & 1) != 0) add("r", i);
        for (int i = 0; i < 64; ++i)
            if ((places.slots[f] >> i & 1) != 0) add("fp", -(i + 1) * slot_size);
        if (!list.empty()) say("frame {}: propagating {}", f, list);
    }
}

bool Analysis::mark_precise(unsigned number) {
    // Some helpers take any value, and then the kernel cannot do what it wants to.
    if (!reg(number).is_scalar()) return reject(EFAULT, "verifier bug: backtracking misuse");
    PlaceSet places;
    places.frame = state_->current;
    places.add_reg(number);
    return mark_precise(*state_, places);
}

bool Analysis::mark_precise(State& from, PlaceSet places, bool* changed) {
    bool ignored = false;
    if (!changed) changed = &ignored;
    State* state = &from;
    std::int64_t last = from.insn;
    std::int64_t next = -1;
    if (places.empty()) return true;
    for (bool skips_first = true; state; skips_first = false) {
        if (log_.has_every_path())
            say("mark_precise: frame{}: last_idx {} first_idx {} subseq_idx {} ", places.frame,
                last, state->first_insn, next);
        if (last < 0) return settle_in_arguments(*state, places, *changed);
        const Back back = walk_back(*state, last, next, skips_first, places);
        if (back == Back::broken) return confused("a path that leads nowhere back");
        if (back == Back::unknown) break;
        if (places.empty()) return true;
        next = state->first_insn;
        last = state->parent ? state->parent->last_insn : no_insn;
        state = state->parent;
        if (state && !settle_in(*state, places, *changed)) return false;
        if (places.empty()) return true;
    }
    mark_all_precise(from);
    return true;
}

/// Over the steps since a state was kept, as far as there is something to look for.
/// @param next the instruction behind; the last one that was looked at, afterwards
/// @param skips_first nothing is asked of the instruction `last`
Analysis::Back Analysis::walk_back(const State& state, std::int64_t last, std::int64_t& next,
                                   bool skips_first, PlaceSet& places) {
    const bool is_shown = log_.has_every_path();
    for (WayBack way(state, last);; skips_first = false) {
        if (!skips_first) {
            if (!is_shown && !way.find(on_way_back_, places, next)) return Back::goes_on;
            const Back back =
                step_back(static_cast<std::uint32_t>(way.insn()), next, way.step(), places);
            if (back != Back::goes_on || places.empty()) return back;
        }
        next = way.insn();
        if (!way.back()) return Back::goes_on;
    }
}

// The entry of a function that is checked by itself: its arguments are what they are.
bool Analysis::settle_in_arguments(State& state, PlaceSet& places, bool& changed) {
    const Frame& entry = *state.frames[0];
    const bool only_arguments = (places.regs[0] & ~argument_regs) == 0 && places.slots[0] == 0;
    if (state.current != 0 || entry.subprogram == 0 || !only_arguments)
        return confused("a value that comes from nowhere");
    for (unsigned i = 1; i <= 5; ++i) {
        if (!places.has_reg(i) || !entry.regs[i].is_scalar()) continue;
        state.frames[0].change().regs[i].precise = true;
        changed = true;
    }
    return true;
}

bool Analysis::settle_in(State& kept, PlaceSet& places, bool& changed) {
    for (std::uint32_t f = places.frame + 1; f-- > 0;) {
        if (f > kept.current) return confused("a frame that was not there");
        const Frame& frame = *kept.frames[f];
        for (std::uint16_t left = places.regs[f]; left != 0;
             left &= static_cast<std::uint16_t>(left - 1)) {
            const auto i = static_cast<unsigned>(std::countr_zero(left));
            if (frame.regs[i].is_scalar() && !frame.regs[i].precise)
                kept.frames[f].change().regs[i].precise = changed = true;
            else
                places.regs[f] &= static_cast<std::uint16_t>(~(1U << i));
        }
        for (std::uint64_t left = places.slots[f]; left != 0; left &= left - 1) {
            const auto i = static_cast<std::size_t>(std::countr_zero(left));
            if (i >= frame.stack.size()) return confused("a slot that was not there");
            const Slot& slot = frame.stack[i];
            if (slot.is_scalar_spill() && !slot.spilled.precise)
                kept.frames[f].change().stack.change(i).spilled.precise = changed = true;
            else
                places.slots[f] &= ~(std::uint64_t{1} << i);
        }
        if (log_.has_every_path()) show_kept(kept, f, places);
    }
    return true;
}

void Analysis::mark_all_precise(State& from) {
    for (State* state = from.parent; state; state = state->parent)
        state->change_regs([](const Reg& reg) { return reg.is_scalar() && !reg.precise; },
                           [](Reg& reg) { reg.precise = true; });
}

namespace {

bool is_of_register(const Insn& insn) { return (insn.code & 8) != 0; }

}  // namespace

/// One that comes back here whatever happens.
bool Analysis::is_plain_call(std::uint32_t at) const {
    if (ops_[at] == Op::call_local || flow_.insns[at].calls_callback) return false;
    return ops_[at] != Op::call_helper || program_.insns[at].imm != tail_call;
}

/// Registers of which an instruction concerns the way back; `any_reg`: it changes it in any case.
std::uint16_t Analysis::regs_on_way_back(std::uint32_t at) const {
    const Insn& insn = program_.insns[at];
    const auto bit = [](unsigned number) { return static_cast<std::uint16_t>(1U << number); };
    if (insn.code == 0) return 0;  // The second slot of another.
    switch (info(ops_[at]).family) {
        case Family::neg:
        case Family::end:
        case Family::ja: return 0;
        case Family::alu:
        case Family::movsx:
        case Family::cast:
        case Family::ldx:
        case Family::ldxsx:
        case Family::load_acquire:
        case Family::st:
        case Family::stx:
        case Family::store_release:
        case Family::lddw: return bit(insn.dst);
        case Family::atomic:
            return static_cast<std::uint16_t>(bit(insn.dst) |
                                              bit(fetched_by(insn, ops_[at]).value_or(insn.dst)));
        case Family::jmp:
            return is_of_register(insn) ? static_cast<std::uint16_t>(bit(insn.dst) | bit(insn.src))
                                        : 0;
        case Family::call:
            return is_plain_call(at) ? static_cast<std::uint16_t>(argument_regs | bit(0)) : any_reg;
        case Family::exit:
        case Family::ld_abs:
        case Family::ld_ind: return any_reg;
    }
    bug("no such family");
}

namespace {

/// @param replaces the old value has no part in the new one
void step_back_over_alu(const Insn& insn, bool replaces, bool has_register, PlaceSet& places) {
    if (!places.has_reg(insn.dst)) return;
    if (replaces) places.remove_reg(insn.dst);
    if (has_register && insn.src != frame_pointer) places.add_reg(insn.src);
}

void step_back_over_load(unsigned loaded, const Step* step, PlaceSet& places) {
    if (!places.has_reg(loaded)) return;
    places.remove_reg(loaded);
    if (step && step->stack_access) places.add(step->slot_place());
}

void step_back_over_jump(const Insn& insn, const Step* step, PlaceSet& places) {
    if (!is_of_register(insn)) return;
    if (!places.has_reg(insn.dst) && !places.has_reg(insn.src)) return;
    if (!step || !step->src_is_stack) places.add_reg(insn.src);
    if (!step || !step->dst_is_stack) places.add_reg(insn.dst);
}

}  // namespace

Analysis::Back Analysis::step_back(std::uint32_t at, std::int64_t next, const Step* step,
                                   PlaceSet& places) {
    if (log_.has_every_path() && !code_->is_second_slot(at)) show_step_back(at, places);
    if (step) add_linked(*step, places);
    const Back back = step_back_over(at, next, step, places);
    if (back == Back::goes_on && step) add_linked(*step, places);
    return back;
}

Analysis::Back Analysis::step_back_over(std::uint32_t at, std::int64_t next, const Step* step,
                                        PlaceSet& places) {
    const Insn& insn = program_.insns[at];
    const OpInfo& row = info(ops_[at]);
    switch (row.family) {
        case Family::neg:
        case Family::end:
        case Family::ja: break;
        case Family::alu:
            step_back_over_alu(insn, code_->is_mov(at), is_of_register(insn), places);
            break;
        case Family::movsx:
        case Family::cast: step_back_over_alu(insn, true, true, places); break;
        case Family::ldx:
        case Family::ldxsx:
        case Family::load_acquire: step_back_over_load(insn.dst, step, places); break;
        case Family::atomic: {
            const auto fetched = fetched_by(insn, ops_[at]);
            // A kernel does not follow it into the stack (docs/kernel-differences.md).
            if (!fetched || !step || !step->stack_access)
                return step_back_over_store(at, step, places);
            step_back_over_load(*fetched, step, places);
            break;
        }
        case Family::st:
        case Family::stx:
        case Family::store_release: return step_back_over_store(at, step, places);
        case Family::call: return step_back_over_call(at, next, places);
        case Family::exit: return step_back_over_exit(next, places);
        case Family::jmp: step_back_over_jump(insn, step, places); break;
        case Family::lddw: places.remove_reg(insn.dst); break;
        case Family::ld_abs:
        case Family::ld_ind:
            if (places.has_reg(insn.dst)) return Back::unknown;
            if (next == std::int64_t{at} + 1) break;
            if (places.frame + 1 >= max_frames) return Back::broken;
            ++places.frame;
            break;
    }
    return Back::goes_on;
}

Analysis::Back Analysis::step_back_over_store(std::uint32_t at, const Step* step,
                                              PlaceSet& places) {
    const Insn& insn = program_.insns[at];
    if (places.has_reg(insn.dst)) return Back::unknown;
    if (!step || !step->stack_access || !places.has(step->slot_place())) return Back::goes_on;
    places.slots[step->frame] &= ~(std::uint64_t{1} << step->slot);
    if (info(ops_[at]).family != Family::st) places.add_reg(insn.src);
    return Back::goes_on;
}

Analysis::Back Analysis::step_back_over_call(std::uint32_t at, std::int64_t next,
                                             PlaceSet& places) {
    std::uint16_t& regs = places.regs[places.frame];
    if (ops_[at] == Op::call_local) {
        const int subprogram =
            flow_.subprogram_at(at + 1 + static_cast<std::uint32_t>(program_.insns[at].imm));
        if (subprogram < 0) return Back::broken;
        if (is_global(static_cast<std::uint32_t>(subprogram))) {
            if ((regs & argument_regs) != 0) return Back::broken;
            places.remove_reg(0);
            return Back::goes_on;
        }
        // From the callee's first instruction to its call: what it needs are the caller's
        // arguments.
        if ((regs & ~argument_regs) != 0 || places.slots[places.frame] != 0 || places.frame == 0)
            return Back::broken;
        const std::uint16_t arguments = regs;
        regs = 0;
        --places.frame;
        places.regs[places.frame] |= arguments;
        return Back::goes_on;
    }
    if (flow_.insns[at].calls_callback && next != std::int64_t{at} + 1) {
        // From the callback's first instruction to the call that led to it.
        if ((regs & ~argument_regs) != 0 || places.slots[places.frame] != 0 || places.frame == 0)
            return Back::broken;
        regs = 0;
        --places.frame;
        return Back::goes_on;
    }
    const bool is_tail_call = ops_[at] == Op::call_helper && program_.insns[at].imm == tail_call;
    if (is_tail_call && next != std::int64_t{at} + 1) {
        if (places.frame + 1 >= max_frames) return Back::broken;
        ++places.frame;
    }
    places.remove_reg(0);
    return (places.regs[places.frame] & argument_regs) != 0 ? Back::broken : Back::goes_on;
}

Analysis::Back Analysis::step_back_over_exit(std::int64_t next, PlaceSet& places) {
    const bool from_call = next >= 1 && ops_[static_cast<std::size_t>(next - 1)] == Op::call_local;
    const bool wants_result = from_call && places.has_reg(0);
    // Whoever calls back sets the arguments of the next round.
    if (next >= 0 && flow_.insns[static_cast<std::size_t>(next)].calls_callback)
        places.regs[places.frame] &= static_cast<std::uint16_t>(~argument_regs);
    if (from_call && (places.regs[places.frame] & argument_regs) != 0) return Back::broken;
    places.remove_reg(0);
    if (places.frame + 1 >= max_frames) return Back::broken;
    ++places.frame;
    if (wants_result) places.add_reg(0);
    return Back::goes_on;
}

}  // namespace bpftwin::verifier
