// States that are kept at instructions, and paths that end because one of them covers what is known
// (kernel: is_state_visited).
#include <algorithm>
#include <utility>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

/// What a comparison says of the current state that no state was kept of lately.
constexpr std::uint64_t keep_after_jumps = 2, keep_after_insns = 8;
/// Inside of a loop that is being followed states are kept less often.
constexpr std::uint64_t loop_jumps = 20, loop_insns = 100;
constexpr std::size_t max_history = 40;

bool is_same(const Reg& a, const Reg& b) {
    return a.num == b.num && a.type == b.type && a.off == b.off && a.target == b.target &&
           a.uid == b.uid && a.id == b.id && a.ref_obj_id == b.ref_obj_id;
}

/// A cheap look before the exact comparison: is the running frame the same? (states_maybe_looping)
/// Mostly the register that counts the rounds of a loop is not, the same one each time.
bool may_loop(State& old, const State& now) {
    if (old.current != now.current) return false;
    const Frame &a = std::as_const(old).frame(), &b = now.frame();
    if (!is_same(a.regs[old.differed], b.regs[old.differed])) return false;
    for (std::uint8_t i = 0; i <= frame_pointer; ++i) {
        if (is_same(a.regs[i], b.regs[i])) continue;
        old.differed = i;
        return false;
    }
    return true;
}

}  // namespace

Analysis::Seen Analysis::look_up() {
    const InsnFacts& facts = flow_.insns[insn_];
    const bool must_keep = facts.force_checkpoint || state_->history.size() > max_history ||
                           has_flag(load_flag::test_state_freq);
    bool keep = must_keep || (jumps_ - last_kept_jumps_ >= keep_after_jumps &&
                              insns_ - last_kept_insns_ >= keep_after_insns);
    clean_states(insn_);
    auto& list = kept_[insn_];
    const std::int32_t call_site = state_->frame().call_site;
    std::uint32_t seen = 0;
    for (std::size_t i = list.size(); i-- > 0;) {
        State& old = *list[i];
        if (old.frame().call_site != call_site) continue;
        ++seen;
        bool is_covered = false, is_loop = false;
        if (old.branches != 0) {
            if (!covers_open(old, is_covered)) return Seen::failed;
            is_loop = is_covered && !facts.calls_callback;
            if (!is_covered && !must_keep && jumps_ - last_kept_jumps_ < loop_jumps &&
                insns_ - last_kept_insns_ < loop_insns)
                keep = false;
        } else {
            is_loop = has_open_marks(old);
            is_covered =
                is_like(old, *state_, is_loop ? Likeness::within_ranges : Likeness::covered);
        }
        if (is_covered) return take_over(old, is_loop);
        if (keep) ++old.misses;
        const std::uint32_t patience = facts.force_checkpoint && old.branches != 0 ? 64 : 3;
        if (old.misses > old.hits * patience + patience) retire(list, i);
    }
    max_states_per_insn_ = std::max(max_states_per_insn_, seen);
    if (keep && !keep_state()) return Seen::failed;
    return Seen::is_new;
}

/// Whether a state on the current path, which is not finished, covers this one: a loop. One that
/// changes nothing never ends.
bool Analysis::covers_open(State& old, bool& is_covered) {
    const InsnFacts& facts = flow_.insns[insn_];
    const Frame& running = old.frame();
    if (running.in_async_callback && running.async_entries != state_->frame().async_entries)
        return true;
    if (is_next_of_iterator(insn_)) {
        is_covered = is_like(old, *state_, Likeness::within_ranges) && has_active_iterator(*state_);
        return true;
    }
    if (facts.calls_callback) {
        is_covered = is_like(old, *state_, Likeness::within_ranges);
        return true;
    }
    if (ops_[insn_] == Op::may_goto && old.may_goto_depth != state_->may_goto_depth &&
        is_like(old, *state_, Likeness::within_ranges)) {
        is_covered = true;
        return true;
    }
    if (!may_loop(old, *state_) || !is_like(old, *state_, Likeness::equal) ||
        iterators_went_on(old, *state_) || old.may_goto_depth != state_->may_goto_depth ||
        old.callback_unroll_depth != state_->callback_unroll_depth)
        return true;
    log_.source_line(insn_);
    say("infinite loop detected at insn {}", insn_);
    log_.add("cur state:");
    log_.whole_state(*state_, frame());
    log_.add("old state:");
    log_.whole_state(old, *old.frames[state_->current]);
    rejection_ = {EINVAL, log_.last_line()};
    return false;
}

Analysis::Seen Analysis::take_over(State& old, bool is_loop) {
    ++old.hits;
    if (flow_.insns[insn_].jump_point) note_step(step_here());
    if (!propagate_precision(old, *state_, nullptr)) return Seen::failed;
    if (is_loop && !add_backedge(old)) return Seen::failed;
    return Seen::is_covered;
}

bool Analysis::keep_state() {
    ++total_states_;
    ++live_states_;
    peak_states_ = std::max(peak_states_, live_states_);
    last_kept_jumps_ = jumps_;
    last_kept_insns_ = insns_;
    state_->change_regs([](const Reg& reg) { return reg.precise; },
                        [](Reg& reg) { reg.precise = false; });
    auto history = state_->history.take();
    auto kept = state_->copy();
    kept->history = std::move(history);
    kept->insn = insn_;
    kept->listed = true;
    if (!enter_loop(*kept)) return false;
    if (claims_) claims_->kept(*kept);
    state_->parent = kept.get();
    state_->first_insn = insn_;
    ++state_->depth;
    kept_[insn_].push_back(std::move(kept));
    return true;
}

/// A state that was compared often and covered little is not compared any more. It stays while
/// paths from it are open, or a loop's way back was covered by it.
void Analysis::retire(std::vector<Owned<State>>& list, std::size_t index) {
    auto state = std::move(list[index]);
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
    state->listed = false;
    if (state->branches != 0 || has_open_marks(*state)) {
        retired_.push_back(std::move(state));
        return;
    }
    --live_states_;
    if (claims_) claims_->adopt(std::move(state));
}

// What is never read again behind finished states is forgotten, which makes them cover more.
void Analysis::clean_states(std::uint32_t insn) {
    for (const auto& state : kept_[insn]) {
        if (state->branches != 0 || state->cleaned || !same_call_sites(*state, *state_)) continue;
        if (!has_open_marks(*state)) clean(*state);
    }
}

/// Registers of a kept state that may be read: what is in others does not count once it is
/// finished.
std::uint16_t Analysis::live_regs(const State& state, std::uint32_t frame) const {
    constexpr std::uint16_t all = 0xffff;
    return state.cleaned ? flow_.insns[state.insn_of_frame(frame, state.insn)].live_before : all;
}

void Analysis::clean(State& state) {
    state.cleaned = true;
    for (std::uint32_t f = 0; f <= state.current; ++f) {
        const SlotSet dead = ~liveness_->alive(state, f, state.insn);
        if (state.frames[f]->stack.holds(dead)) state.frames[f].change().stack.forget(dead);
    }
}

/// The latest open state of the same calls at that instruction, of an earlier round.
State* Analysis::previous_entry(const State& now, std::uint32_t insn) {
    const auto& list = kept_[insn];
    for (std::size_t i = list.size(); i-- > 0;)
        if (list[i]->branches != 0 && same_call_sites(*list[i], now) && list[i]->depth < now.depth)
            return list[i].get();
    return nullptr;
}

bool Analysis::propagate_precision(State& old, State& now, bool* changed) {
    PlaceSet places;
    places.frame = now.current;
    for (std::uint32_t f = 0; f <= old.current; ++f) {
        const Frame& frame = *old.frames[f];
        const std::uint16_t live = live_regs(old, f);
        for (std::uint8_t i = 0; i < frame_pointer; ++i)
            if ((live >> i & 1) != 0 && frame.regs[i].is_scalar() && frame.regs[i].precise)
                places.add({static_cast<std::uint8_t>(f), true, i});
        frame.stack.for_each([&](const Slot& slot, std::size_t i) {
            if (slot.is_scalar_spill() && slot.spilled.precise)
                places.add({static_cast<std::uint8_t>(f), false, static_cast<std::uint8_t>(i)});
        });
    }
    if (log_.has_every_path()) show_propagated(places);
    return mark_precise(now, places, changed);
}

}  // namespace bpftwin::verifier
