// Which stack slots may still be read: gathered while paths are followed, for every function and
// the chain of calls that led to it (kernel/bpf/liveness.c of Linux 6.18).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "verifier/flow.h"
#include "verifier/flow_walk.h"
#include "verifier/state.h"

namespace bpftwin::verifier {

/// Slots of one frame, bit i is slot i.
using SlotSet = std::uint64_t;

class StackLiveness {
public:
    /// Both must outlive it.
    StackLiveness(const Code& code, const Flow& flow) : code_(code), flow_(flow) {}

    /// The frames have changed: a call, a return, another path.
    void forget_current() { current_ = nullptr; }
    /// What the instruction certainly writes is noted from now on.
    void begin(const State& state, std::uint32_t insn);
    void note_read(const State& state, std::uint32_t frame, std::uint32_t insn, SlotSet slots);
    void note_write(std::uint32_t frame, SlotSet slots) { written_[frame] |= slots; }
    void end();

    /// Draws the conclusions from what was noted for the state's functions, the innermost first.
    void update(const State& state, std::uint32_t innermost);
    /// Whether slots of that frame may be read by what follows `insn` in the state.
    [[nodiscard]] SlotSet alive(const State& state, std::uint32_t frame, std::uint32_t insn) const;

private:
    struct Masks {
        SlotSet may_read = 0, must_write = 0, must_write_on = 0, live_before = 0;
    };
    /// A function, called in one way.
    struct Instance {
        std::uint32_t subprogram, depth;
        std::array<std::vector<Masks>, max_frames> frames;
        /// By instruction: `must_write` holds for all visits of it, also where frames have none.
        std::vector<bool> visited;
        bool updated = false;
        bool writes_less = false;  ///< Some `must_write` has become smaller.
    };
    using Key = std::vector<std::uint32_t>;  ///< Call sites, then the subprogram.

    [[nodiscard]] static Key key_of(const State& state, std::uint32_t frame);
    Instance& instance(const State& state, std::uint32_t frame);
    [[nodiscard]] const Instance* find(const State& state, std::uint32_t frame) const;
    Masks& masks(Instance& instance, std::uint32_t frame, std::uint32_t insn);
    [[nodiscard]] SlotSet live_before(const Instance& instance, std::uint32_t frame,
                                      std::uint32_t insn) const;
    void read(Instance& instance, std::uint32_t frame, std::uint32_t insn, SlotSet slots);
    void write(Instance& instance, std::uint32_t insn, std::span<const SlotSet> by_frame);
    void write(Instance& instance, std::uint32_t frame, std::uint32_t insn, SlotSet slots);
    void settle(Instance& instance);
    bool settle(Instance& instance, std::uint32_t frame, std::uint32_t insn);
    void tell_caller(const State& state, std::uint32_t frame, Instance& instance);

    const Code& code_;
    const Flow& flow_;
    std::map<Key, std::unique_ptr<Instance>> instances_;
    Instance* current_ = nullptr;
    std::uint32_t insn_ = 0;
    std::array<SlotSet, max_frames> written_{};
};

}  // namespace bpftwin::verifier
