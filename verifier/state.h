// All that is known at one point of one path (kernel: struct bpf_verifier_state): the frames of
// the functions that were called, what was acquired, and how the path came here.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <vector>

#include "bpftwin/insn.h"
#include "verifier/huge_pages.h"
#include "verifier/reg.h"
#include "verifier/shared.h"
#include "verifier/size_classes.h"
#include "verifier/slots.h"

namespace bpftwin::verifier {

inline constexpr unsigned frame_pointer = 10;
inline constexpr unsigned max_frames = 8;
/// `Frame::call_site` of a function that nothing of the program called.
inline constexpr std::int32_t no_call_site = -1;

/// Values that a callback may return.
struct Range {
    std::int32_t min = 0, max = 1;
};

inline constexpr std::uint32_t not_looked_up = ~0U;

/// A function that runs.
struct Frame {
    explicit Frame(Pool<SlotGroup>& groups) : stack(groups) {}

    std::array<Reg, register_count> regs;
    Stack stack;
    std::int32_t call_site = no_call_site;
    std::uint32_t number = 0;  ///< Its index in `State::frames`.
    std::uint32_t subprogram = 0;
    std::uint32_t liveness = not_looked_up;  ///< How it was called, as `StackLiveness` numbers it.
    std::uint32_t async_entries = 0;         ///< Tells entries of asynchronous callbacks apart.
    std::uint32_t callback_depth = 0;        ///< How often the callback of its call was followed.
    Range callback_returns;
    bool in_callback = false, in_async_callback = false, in_exception_callback = false;

    /// The stack as far as it was used, in bytes.
    [[nodiscard]] int stack_size() const { return static_cast<int>(stack.size()) * slot_size; }
    void grow_stack(int bytes) {
        stack.grow(static_cast<std::size_t>((bytes + slot_size - 1) / slot_size));
    }
};

/// Something that must be given back.
struct Reference {
    enum class Kind : std::uint8_t { pointer, lock, res_lock, res_lock_irq, irq };
    std::uint32_t id;
    std::uint32_t insn;  ///< That acquired it.
    Kind kind = Kind::pointer;
    std::int32_t map = 0;  ///< Locks: whose value it is in.

    [[nodiscard]] bool is_lock() const { return kind != Kind::pointer && kind != Kind::irq; }

    friend bool operator==(const Reference&, const Reference&) = default;
};

/// A place that holds a scalar: a register, or a spilled one.
struct Place {
    std::uint8_t frame;
    bool is_reg;
    std::uint8_t index;  ///< Register, or slot.
};

/// Registers and slots that hold the same scalar, at most as many as the kernel follows.
class LinkedRegs {
public:
    static constexpr unsigned limit = 6;

    [[nodiscard]] unsigned count() const { return static_cast<unsigned>(bits_ >> count_shift); }
    [[nodiscard]] Place operator[](unsigned index) const {
        const auto place = static_cast<unsigned>(bits_ >> index * place_bits);
        return {static_cast<std::uint8_t>(place & 7), (place & 8) != 0,
                static_cast<std::uint8_t>(place >> 4 & 63)};
    }
    /// @pre there are fewer than `limit`
    void add(const Place& place) {
        const std::uint64_t bits = place.frame | (place.is_reg ? 8U : 0U) | place.index << 4U;
        bits_ += (bits << count() * place_bits) + (std::uint64_t{1} << count_shift);
    }

private:
    static constexpr unsigned place_bits = 10, count_shift = limit * place_bits;
    std::uint64_t bits_ = 0;
};

/// A step of the path that cannot be found by going to the previous instruction, or of which more
/// must be known (struct bpf_jmp_history_entry). States have many of them.
struct Step {
    std::uint32_t insn : 20;
    bool stack_access : 1 = false;  ///< It spilled or filled this slot of this frame:
    std::uint8_t frame : 3 = 0;
    std::uint8_t slot : 6 = 0;
    bool dst_is_stack : 1 = false, src_is_stack : 1 = false;  ///< Operands of a comparison.
    std::int32_t previous;
    LinkedRegs linked{};  ///< Registers that learned from the comparison.

    /// The slot that was accessed.
    [[nodiscard]] Place slot_place() const { return {frame, false, slot}; }
};
static_assert(sizeof(Step) == 16);

/// The steps of a path since its last kept state. A copy is in the same memory.
class History {
public:
    explicit History(std::pmr::memory_resource& memory) : steps_(&memory) {}
    History(const History& other) : steps_(other.steps_, other.steps_.get_allocator()) {}
    History(History&&) = default;
    History& operator=(const History&) = delete;
    History& operator=(History&&) = default;
    ~History() = default;

    [[nodiscard]] std::size_t size() const { return steps_.size(); }
    const Step& operator[](std::size_t index) const { return steps_[index]; }
    [[nodiscard]] const Step* begin() const { return steps_.data(); }
    [[nodiscard]] const Step* end() const { return steps_.data() + steps_.size(); }
    Step& last() { return steps_.back(); }
    void add(const Step& step) { steps_.push_back(step); }
    /// All of it; nothing is left here.
    History take() { return std::move(*this); }

private:
    std::pmr::vector<Step> steps_;
};

struct State;

/// What the states of a program are made in.
struct StateMemory {
    HugePages pages;
    std::pmr::monotonic_buffer_resource blocks{&pages};
    SizeClasses histories{blocks};
    Pool<SlotGroup> slots{blocks};
    Pool<Frame> frames{blocks};
    Pool<State> states{blocks};
};

struct State {
    /// The running one is never shared, so that it can be changed without a look.
    std::array<Shared<Frame>, max_frames> frames;
    std::uint32_t current = 0;  ///< Index of the running frame.
    std::vector<Reference> references;
    std::uint32_t locks = 0;                         ///< Of the references.
    std::uint32_t rcu_locks = 0, preempt_locks = 0;  ///< Sections that the path is in.
    std::uint32_t irq_id = 0;  ///< Of the innermost section without interrupts; 0: in none.
    bool sleepable = false;    ///< The program, or the function that is called later, may sleep.

    State* parent = nullptr;     ///< The state that was kept before on this path.
    std::uint32_t branches = 1;  ///< Paths from here that are not finished.
    std::uint32_t insn = 0;      ///< Of a kept state: before which instruction.
    std::uint32_t first_insn = 0;
    std::int32_t last_insn = -1;  ///< The previous one on the path.
    History history;
    std::uint32_t depth = 0;  ///< Number of parents.
    std::int32_t visit = -1;  ///< The last one of this path (`ClaimRecorder`).
    std::uint32_t callback_unroll_depth = 0;
    std::uint32_t may_goto_depth = 0;
    bool cleaned = false;                ///< What is never read again was forgotten.
    bool listed = false;                 ///< A kept state that others are compared with.
    std::uint32_t hits = 0, misses = 0;  ///< Of comparisons.
    std::uint8_t differed = 0;           ///< The register that the last one ended with.

    explicit State(StateMemory& memory) : history(memory.histories), memory_(&memory) {}
    State(State&&) = default;
    State& operator=(State&&) = default;
    ~State() = default;
    /// The same, not kept yet. Its running frame is its own, so that references to registers of
    /// either stay valid; other frames are shared until one changes them.
    [[nodiscard]] Owned<State> copy() const;

    [[nodiscard]] Frame& frame() { return frames[current].own(); }
    [[nodiscard]] const Frame& frame() const { return *frames[current]; }
    [[nodiscard]] Reg& reg(unsigned number) { return frame().regs[number]; }
    [[nodiscard]] const Reg& reg(unsigned number) const { return frame().regs[number]; }
    [[nodiscard]] Reg& at(const Place& place);

    /// The instruction at which the frame is, of those that called others: their call.
    [[nodiscard]] std::uint32_t insn_of_frame(std::uint32_t number, std::uint32_t insn_now) const;

    /// Calls `change(Reg&)` for every register and every spilled one that `concerns` it.
    template <class P, class F>
    void change_regs(P concerns, F change) {
        for (std::uint32_t i = 0; i <= current; ++i) {
            for (std::size_t r = 0; r < register_count; ++r)
                if (concerns(frames[i]->regs[r])) change(frames[i].change().regs[r]);
            for (std::size_t s = 0; s < frames[i]->stack.size(); ++s) {
                const Slot& slot = frames[i]->stack[s];
                if (slot.is_spill() && concerns(slot.spilled))
                    change(frames[i].change().stack.change(s).spilled);
            }
        }
    }

private:
    friend class Pool<State>;  // Copies for `copy`.
    State(const State&) = default;

    StateMemory* memory_;
};

/// Whether both are inside the same calls (same_callsites).
bool same_call_sites(const State& a, const State& b);

}  // namespace bpftwin::verifier
