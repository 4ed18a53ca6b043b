// Loops that are being followed: a state inside of one knows what must be precise only when all of
// the loop's ways back are known (kernel: maybe_enter_scc, maybe_exit_scc, propagate_backedges).
#include <algorithm>

#include "verifier/analysis.h"

namespace bpftwin::verifier {

/// The component that the state is in, with the calls that led there; false: it is in none.
bool Analysis::loop_key(const State& state, LoopKey& key) const {
    for (std::uint32_t i = 0; i <= state.current; ++i) {
        const std::uint32_t insn = state.insn_of_frame(i, state.insn);
        if (const std::uint32_t component = flow_.insns[insn].component; component != 0) {
            key.parts[key.count++] = component;
            return true;
        }
        key.parts[key.count++] = insn;
    }
    return false;
}

/// "12,1": calls, then the component.
std::string Analysis::loop_text(const LoopKey& key) {
    return fmt::format("{}", fmt::join(std::span(key.parts).first(key.count), ","));
}

void Analysis::show_loop(std::string_view event, const LoopKey& key) {
    if (log_.has_every_path()) say("SCC {} ({})", event, loop_text(key));
}

bool Analysis::enter_loop(State& kept) {
    LoopKey key;
    if (!loop_key(kept, key)) return true;
    auto& visit = loops_[key];
    if (!visit) visit = std::make_unique<LoopVisit>();
    if (visit->entry) return true;
    visit->entry = &kept;
    show_loop("enter", key);
    return true;
}

bool Analysis::leave_loop(State& state) {
    LoopKey key;
    if (!loop_key(state, key)) return true;
    const auto found = loops_.find(key);
    // A path that ends in the first round, by an exception, is too much for the kernel.
    if (found == loops_.end())
        return reject(EFAULT, "verifier bug: scc exit: no visit info for call chain ({})",
                      loop_text(key));
    LoopVisit& visit = *found->second;
    if (visit.entry != &state) return true;
    show_loop("exit", key);
    visit.entry = nullptr;
    live_states_ -= visit.backedges.size();
    return propagate_backedges(visit);
}

bool Analysis::add_backedge(State& old) {
    LoopKey key;
    if (!loop_key(old, key)) return confused("a way back outside of a loop");
    const auto found = loops_.find(key);
    if (found == loops_.end()) return confused("a way back into a loop that was not entered");
    show_loop("backedge", key);
    auto copy = state_->copy();
    copy->insn = insn_;
    found->second->backedges.push_back({std::move(copy), &old});
    ++backedges_;
    ++live_states_;
    peak_states_ = std::max(peak_states_, live_states_);
    return true;
}

bool Analysis::propagate_backedges(LoopVisit& visit) {
    constexpr int max_rounds = 64;
    bool changed = !visit.backedges.empty();
    for (int round = 0; changed; ++round) {
        changed = false;
        for (auto& [state, equal] : visit.backedges) {
            if (round > max_rounds)
                mark_all_precise(*state);
            else if (!propagate_precision(*equal, *state, &changed))
                return false;
        }
    }
    backedges_ -= visit.backedges.size();
    visit.backedges.clear();
    return true;
}

bool Analysis::has_open_marks(const State& state) const {
    if (backedges_ == 0) return false;
    LoopKey key;
    if (!loop_key(state, key)) return false;
    const auto found = loops_.find(key);
    return found != loops_.end() && !found->second->backedges.empty();
}

}  // namespace bpftwin::verifier
