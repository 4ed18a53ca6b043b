#include "verifier/stack_liveness.h"

#include <algorithm>

namespace bpftwin::verifier {

StackLiveness::StackLiveness(const Code& code, const Flow& flow, std::pmr::memory_resource& memory)
    : code_(code), flow_(flow), memory_(memory) {
    find_predecessors();
}

/// Calls `f(insn, next)` for all that follow each other in a function.
template <class F>
static void for_each_step(const Code& code, const Flow& flow, F f) {
    for (const Subprogram& subprogram : flow.subprograms)
        for (std::uint32_t insn = subprogram.start; insn < subprogram.end; ++insn)
            for (const std::uint32_t next : code.successors(insn))
                if (next >= subprogram.start && next < subprogram.end) f(insn, next);
}

void StackLiveness::find_predecessors() {
    first_predecessor_.resize(code_.size() + 1);
    for_each_step(code_, flow_,
                  [&](std::uint32_t, std::uint32_t next) { ++first_predecessor_[next]; });
    std::uint32_t end = 0;
    for (std::uint32_t& first : first_predecessor_) first = end += first;
    predecessors_.resize(end);
    for_each_step(code_, flow_, [&](std::uint32_t insn, std::uint32_t next) {
        predecessors_[--first_predecessor_[next]] = insn;
    });
}

StackLiveness::Instance& StackLiveness::instance(State& state, std::uint32_t frame) {
    if (const std::uint32_t known = state.frames[frame]->liveness; known != not_looked_up)
        return *instances_[known];
    Frame& at = state.frames[frame].change();
    if (frame > 0) instance(state, frame - 1);
    const std::uint32_t caller = frame > 0 ? state.frames[frame - 1]->liveness : not_looked_up;
    const auto number = static_cast<std::uint32_t>(instances_.size());
    const auto [found, is_new] =
        numbers_.try_emplace(Key(caller, at.call_site, at.subprogram), number);
    at.liveness = found->second;
    if (is_new) {
        const Subprogram& subprogram = flow_.subprograms[at.subprogram];
        auto made = std::make_unique<Instance>();
        made->depth = frame;
        for (std::uint32_t i = 0; i <= frame; ++i)
            made->frames.push_back({std::pmr::vector<Masks>(&memory_), {}});
        made->start = subprogram.start;
        made->visited.resize(subprogram.end - subprogram.start);
        instances_.push_back(std::move(made));
    }
    return *instances_[at.liveness];
}

const StackLiveness::Instance* StackLiveness::find(const State& state, std::uint32_t frame) const {
    std::uint32_t number = not_looked_up;
    for (std::uint32_t i = 0; i <= frame; ++i) {
        const Frame& at = *state.frames[i];
        if (at.liveness != not_looked_up) {
            number = at.liveness;
            continue;
        }
        const auto found = numbers_.find(Key(number, at.call_site, at.subprogram));
        if (found == numbers_.end()) return nullptr;
        number = found->second;
    }
    return instances_[number].get();
}

void StackLiveness::touch(FrameMasks& frame, Masks& at, std::uint32_t index) {
    if (at.pending) return;
    at.pending = true;
    frame.pending.push_back(index);
    std::ranges::push_heap(frame.pending);
}

StackLiveness::Masks& StackLiveness::masks(Instance& instance, std::uint32_t frame,
                                           std::uint32_t insn) {
    auto& table = instance.frames[frame].of;
    if (table.empty()) table.resize(instance.visited.size());
    return table[insn - instance.start];
}

void StackLiveness::begin(State& state, std::uint32_t insn) {
    if (!current_) current_ = &instance(state, state.current);
    insn_ = insn;
    for (std::uint32_t i = 0; i <= state.current; ++i) written_[i] = 0;
}

// An instruction that left its function, as a tail call may, is told by what calls that.
void StackLiveness::end() {
    if (current_) write(*current_, insn_, written_);
}

void StackLiveness::note_read(State& state, std::uint32_t frame, std::uint32_t insn,
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
    touch(instance.frames[frame], at, insn - instance.start);
}

void StackLiveness::write(Instance& instance, std::uint32_t insn,
                          std::span<const SlotSet> by_frame) {
    for (std::uint32_t frame = 0; frame <= instance.depth; ++frame)
        write(instance, frame, insn, by_frame[frame]);
    instance.visited[insn - instance.start] = true;
}

void StackLiveness::write(Instance& instance, std::uint32_t frame, std::uint32_t insn,
                          SlotSet slots) {
    const bool visited = instance.visited[insn - instance.start];
    if (slots == 0 && (!visited || instance.frames[frame].of.empty())) return;
    Masks& at = masks(instance, frame, insn);
    const SlotSet before = at.must_write;
    at.must_write = visited ? before & slots : slots;
    if (at.must_write == before) return;
    instance.updated = true;
    instance.writes_less |= (before & ~at.must_write) != 0;
    touch(instance.frames[frame], at, insn - instance.start);
}

void StackLiveness::update(State& state) {
    for (std::uint32_t frame = state.current + 1; frame-- > 0;) {
        Instance& at = instance(state, frame);
        if (!at.updated) continue;
        settle(at);
        if (frame > 0) tell_caller(state, frame, at);
    }
}

void StackLiveness::settle(Instance& instance) {
    for (FrameMasks& frame : instance.frames) {
        if (instance.writes_less)  // What was concluded from more would hold itself up in loops.
            for (std::uint32_t i = 0; i < frame.of.size(); ++i) {
                if (frame.of[i].must_write_on == 0) continue;
                frame.of[i].must_write_on = 0;
                touch(frame, frame.of[i], i);
            }
        settle(instance, frame);
    }
    instance.updated = instance.writes_less = false;
}

void StackLiveness::settle(Instance& instance, FrameMasks& frame) {
    while (!frame.pending.empty()) {
        std::ranges::pop_heap(frame.pending);
        const std::uint32_t index = frame.pending.back();
        frame.pending.pop_back();
        frame.of[index].pending = false;
        if (!settle(instance, frame, index)) continue;
        for (const std::uint32_t before : predecessors(instance.start + index))
            touch(frame, frame.of[before - instance.start], before - instance.start);
    }
}

/// Whether the conclusions about an instruction changed.
bool StackLiveness::settle(const Instance& instance, FrameMasks& frame, std::uint32_t index) const {
    Masks& at = frame.of[index];
    const Successors successors = code_.successors(instance.start + index);
    SlotSet live_after = 0;
    SlotSet written_after = successors.count == 0 ? 0 : ~SlotSet{0};
    for (const std::uint32_t next : successors) {
        if (next - instance.start >= frame.of.size()) continue;
        live_after |= frame.of[next - instance.start].live_before;
        written_after &= frame.of[next - instance.start].must_write_on;
    }
    const SlotSet live = (live_after & ~at.must_write) | at.may_read;
    const SlotSet written = written_after | at.must_write;
    const bool changed = live != at.live_before || written != at.must_write_on;
    at.live_before = live;
    at.must_write_on = written;
    return changed;
}

void StackLiveness::tell_caller(State& state, std::uint32_t frame, Instance& instance) {
    const auto call = static_cast<std::uint32_t>(state.frames[frame]->call_site);
    Instance& caller = this->instance(state, frame - 1);
    std::array<SlotSet, max_frames> written{};
    for (std::uint32_t outer = 0; outer < frame; ++outer) {
        if (instance.frames[outer].of.empty()) continue;
        const Masks& entry = instance.frames[outer].of.front();
        written[outer] = entry.must_write_on;
        read(caller, outer, call, entry.live_before);
    }
    write(caller, call, written);
}

SlotSet StackLiveness::live_before(const Instance& instance, std::uint32_t frame,
                                   std::uint32_t insn) {
    const auto& table = instance.frames[frame].of;
    return table.empty() ? 0 : table[insn - instance.start].live_before;
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
