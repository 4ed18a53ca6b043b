#include "verifier/stack_liveness.h"

namespace bpftwin::verifier {

StackLiveness::Key StackLiveness::key_of(const State& state, std::uint32_t frame) {
    Key key;
    for (std::uint32_t i = 0; i <= frame; ++i) {
        key.push_back(static_cast<std::uint32_t>(state.frames[i]->call_site));
        key.push_back(state.frames[i]->subprogram);
    }
    return key;
}

StackLiveness::Instance& StackLiveness::instance(const State& state, std::uint32_t frame) {
    auto& found = instances_[key_of(state, frame)];
    if (!found) {
        found = std::make_unique<Instance>();
        found->subprogram = state.frames[frame]->subprogram;
        found->depth = frame;
        const Subprogram& subprogram = flow_.subprograms[found->subprogram];
        found->visited.resize(subprogram.end - subprogram.start);
    }
    return *found;
}

const StackLiveness::Instance* StackLiveness::find(const State& state, std::uint32_t frame) const {
    const auto found = instances_.find(key_of(state, frame));
    return found == instances_.end() ? nullptr : found->second.get();
}

StackLiveness::Masks& StackLiveness::masks(Instance& instance, std::uint32_t frame,
                                           std::uint32_t insn) {
    const Subprogram& subprogram = flow_.subprograms[instance.subprogram];
    auto& table = instance.frames[frame];
    if (table.empty()) table.resize(subprogram.end - subprogram.start);
    return table[insn - subprogram.start];
}

void StackLiveness::begin(const State& state, std::uint32_t insn) {
    if (!current_) current_ = &instance(state, state.current);
    insn_ = insn;
    written_.fill(0);
}

// An instruction that left its function, as a tail call may, is told by what calls that.
void StackLiveness::end() {
    if (current_) write(*current_, insn_, written_);
}

void StackLiveness::note_read(const State& state, std::uint32_t frame, std::uint32_t insn,
                              SlotSet slots) {
    if (!current_) current_ = &instance(state, state.current);
    read(*current_, frame, insn, slots);
}

void StackLiveness::read(Instance& instance, std::uint32_t frame, std::uint32_t insn,
                         SlotSet slots) {
    if (slots == 0) return;
    Masks& at = masks(instance, frame, insn);
    if ((slots & ~at.may_read) == 0) return;
    at.may_read |= slots;
    instance.updated = true;
}

void StackLiveness::write(Instance& instance, std::uint32_t insn,
                          std::span<const SlotSet> by_frame) {
    for (std::uint32_t frame = 0; frame <= instance.depth; ++frame)
        write(instance, frame, insn, by_frame[frame]);
    instance.visited[insn - flow_.subprograms[instance.subprogram].start] = true;
}

void StackLiveness::write(Instance& instance, std::uint32_t frame, std::uint32_t insn,
                          SlotSet slots) {
    const bool visited = instance.visited[insn - flow_.subprograms[instance.subprogram].start];
    if (slots == 0 && (!visited || instance.frames[frame].empty())) return;
    Masks& at = masks(instance, frame, insn);
    const SlotSet before = at.must_write;
    at.must_write = visited ? before & slots : slots;
    instance.updated |= at.must_write != before;
    instance.writes_less |= (before & ~at.must_write) != 0;
}

void StackLiveness::update(const State& state, std::uint32_t innermost) {
    for (std::uint32_t frame = innermost + 1; frame-- > 0;) {
        Instance& at = instance(state, frame);
        if (!at.updated) continue;
        settle(at);
        if (frame > 0) tell_caller(state, frame, at);
    }
}

void StackLiveness::settle(Instance& instance) {
    const Subprogram& subprogram = flow_.subprograms[instance.subprogram];
    if (instance.writes_less)  // What was concluded from more would hold itself up in loops.
        for (auto& frame : instance.frames)
            for (Masks& at : frame) at.must_write_on = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (std::uint32_t frame = 0; frame <= instance.depth; ++frame) {
            if (instance.frames[frame].empty()) continue;
            for (std::uint32_t insn = subprogram.end; insn-- > subprogram.start;)
                changed |= settle(instance, frame, insn);
        }
    }
    instance.updated = instance.writes_less = false;
}

bool StackLiveness::settle(Instance& instance, std::uint32_t frame, std::uint32_t insn) {
    Masks& at = masks(instance, frame, insn);
    const Successors successors = code_.successors(insn);
    SlotSet live_after = 0;
    SlotSet written_after = successors.count == 0 ? 0 : ~SlotSet{0};
    const Subprogram& subprogram = flow_.subprograms[instance.subprogram];
    for (const std::uint32_t next : successors) {
        if (next < subprogram.start || next >= subprogram.end) continue;
        live_after |= masks(instance, frame, next).live_before;
        written_after &= masks(instance, frame, next).must_write_on;
    }
    const SlotSet live = (live_after & ~at.must_write) | at.may_read;
    const SlotSet written = written_after | at.must_write;
    const bool changed = live != at.live_before || written != at.must_write_on;
    at.live_before = live;
    at.must_write_on = written;
    return changed;
}

void StackLiveness::tell_caller(const State& state, std::uint32_t frame, Instance& instance) {
    const std::uint32_t start = flow_.subprograms[instance.subprogram].start;
    const auto call = static_cast<std::uint32_t>(state.frames[frame]->call_site);
    Instance& caller = this->instance(state, frame - 1);
    std::array<SlotSet, max_frames> written{};
    for (std::uint32_t outer = 0; outer < frame; ++outer) {
        if (instance.frames[outer].empty()) continue;
        const Masks& entry = masks(instance, outer, start);
        written[outer] = entry.must_write_on;
        read(caller, outer, call, entry.live_before);
    }
    write(caller, call, written);
}

SlotSet StackLiveness::live_before(const Instance& instance, std::uint32_t frame,
                                   std::uint32_t insn) const {
    const auto& table = instance.frames[frame];
    if (table.empty()) return 0;
    return table[insn - flow_.subprograms[instance.subprogram].start].live_before;
}

SlotSet StackLiveness::alive(const State& state, std::uint32_t frame, std::uint32_t insn) const {
    SlotSet slots = 0;
    if (const Instance* running = find(state, state.current))
        slots |= live_before(*running, frame, insn);
    for (std::uint32_t i = frame; i < state.current; ++i) {
        const Instance* caller = find(state, i);
        if (!caller) continue;
        const auto call = static_cast<std::uint32_t>(state.frames[i + 1]->call_site);
        const std::uint32_t next = flow_.insns[call].calls_callback ? call : call + 1;
        slots |= live_before(*caller, frame, next);
    }
    return slots;
}

}  // namespace bpftwin::verifier
