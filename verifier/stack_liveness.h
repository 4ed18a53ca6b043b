// Which stack slots may still be read: gathered while paths are followed, for every function and
// the chain of calls that led to it (kernel/bpf/liveness.c of Linux 6.18).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "verifier/flow.h"
#include "verifier/flow_walk.h"
#include "verifier/state.h"

namespace bpftwin::verifier {

/// Slots of one frame, bit i is slot i.
using SlotSet = std::uint64_t;

class StackLiveness {
public:
    /// All must outlive it.
    StackLiveness(const Code& code, const Flow& flow, std::pmr::memory_resource& memory);

    /// The frames have changed: a call, a return, another path.
    void forget_current() { current_ = nullptr; }
    /// What the instruction certainly writes is noted from now on.
    void begin(State& state, std::uint32_t insn);
    void note_read(State& state, std::uint32_t frame, std::uint32_t insn, SlotSet slots);
    void note_write(std::uint32_t frame, SlotSet slots) { written_[frame] |= slots; }
    void end();

    /// Draws the conclusions from what was noted for the state's functions, the innermost first.
    void update(State& state);
    /// Whether slots of that frame may be read by what follows `insn` in the state.
    [[nodiscard]] SlotSet alive(const State& state, std::uint32_t frame, std::uint32_t insn) const;

private:
    struct Masks {
        SlotSet may_read = 0, must_write = 0, must_write_on = 0, live_before = 0;
        bool pending = false;  ///< Its conclusions are out of date.
    };
    /// What instructions do to the slots of one frame.
    struct FrameMasks {
        std::pmr::vector<Masks> of;          ///< By instruction of the function; empty: nothing.
        std::vector<std::uint32_t> pending;  ///< A heap: the last instruction comes first.
    };
    /// A function, called in one way.
    struct Instance {
        std::uint32_t depth;
        std::uint32_t start;             ///< First instruction of the function.
        std::vector<FrameMasks> frames;  ///< Its own comes last.
        /// By instruction: `must_write` holds for all visits of it, also where frames have none.
        std::vector<bool> visited;
        bool updated = false;
        bool writes_less = false;  ///< Some `must_write` has become smaller.
    };
    /// Instance of the caller, call site, function.
    using Key = std::tuple<std::uint32_t, std::int32_t, std::uint32_t>;

    void find_predecessors();
    [[nodiscard]] std::span<const std::uint32_t> predecessors(std::uint32_t insn) const {
        return std::span(predecessors_)
            .subspan(first_predecessor_[insn],
                     first_predecessor_[insn + 1] - first_predecessor_[insn]);
    }

    Instance& instance(State& state, std::uint32_t frame);
    [[nodiscard]] const Instance* find(const State& state, std::uint32_t frame) const;
    static void touch(FrameMasks& frame, Masks& at, std::uint32_t index);
    Masks& masks(Instance& instance, std::uint32_t frame, std::uint32_t insn);
    [[nodiscard]] static SlotSet live_before(const Instance& instance, std::uint32_t frame,
                                             std::uint32_t insn);
    void read(Instance& instance, std::uint32_t frame, std::uint32_t insn, SlotSet slots);
    void write(Instance& instance, std::uint32_t insn, std::span<const SlotSet> by_frame);
    void write(Instance& instance, std::uint32_t frame, std::uint32_t insn, SlotSet slots);
    void settle(Instance& instance);
    void settle(Instance& instance, FrameMasks& frame);
    [[nodiscard]] bool settle(const Instance& instance, FrameMasks& frame,
                              std::uint32_t insn) const;
    void tell_caller(State& state, std::uint32_t frame, Instance& instance);

    const Code& code_;
    const Flow& flow_;
    std::pmr::memory_resource& memory_;
    std::vector<std::uint32_t> predecessors_;       ///< In the same function, of all instructions,
    std::vector<std::uint32_t> first_predecessor_;  ///< each one's from here to the next one's.
    std::map<Key, std::uint32_t> numbers_;
    std::vector<std::unique_ptr<Instance>> instances_;
    Instance* current_ = nullptr;
    std::uint32_t insn_ = 0;
    std::array<SlotSet, max_frames> written_{};
};

}  // namespace bpftwin::verifier
