// All that is known at one point of one path (kernel: struct bpf_verifier_state): the frames of
// the functions that were called, what was acquired, and how the path came here.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "bpftwin/insn.h"
#include "verifier/reg.h"

namespace bpftwin::verifier {

inline constexpr unsigned frame_pointer = 10;
inline constexpr unsigned max_frames = 8;
inline constexpr int max_stack = 512;  ///< Bytes.
inline constexpr int slot_size = 8;    ///< Bytes of a stack slot, as of a register.
/// `Frame::call_site` of a function that nothing of the program called.
inline constexpr std::int32_t no_call_site = -1;

/// What one byte of a stack slot holds.
enum class SlotByte : std::uint8_t {
    invalid,  ///< Nothing was written.
    spill,    ///< Part of a spilled register.
    misc,     ///< Something.
    zero,
    dynptr,    ///< Half of a dynptr, which `Slot::spilled` describes.
    iter,      ///< Part of an open-coded iterator; the same.
    irq_flag,  ///< What bpf_local_irq_save() stored.
};

/// Eight bytes of stack; as the log shows them: byte 0 has the highest address.
struct Slot {
    Reg spilled;
    std::array<SlotByte, slot_size> bytes{};

    [[nodiscard]] bool is_spill() const { return bytes[slot_size - 1] == SlotByte::spill; }
    [[nodiscard]] bool is_scalar_spill() const { return is_spill() && spilled.is_scalar(); }
    [[nodiscard]] bool is_dynptr() const { return bytes[0] == SlotByte::dynptr; }
    [[nodiscard]] bool is_iter() const { return bytes[0] == SlotByte::iter; }
    [[nodiscard]] bool is_irq_flag() const { return bytes[0] == SlotByte::irq_flag; }
    /// A scalar that fills the slot.
    [[nodiscard]] bool is_full_scalar_spill() const {
        return bytes[0] == SlotByte::spill && spilled.is_scalar();
    }
    /// Forgets what was spilled, the bytes beside it too become `misc` (scrub_special_slot).
    void scrub();
};

/// Values that a callback may return.
struct Range {
    std::int32_t min = 0, max = 1;
};

/// A function that runs.
struct Frame {
    std::array<Reg, register_count> regs;
    std::vector<Slot> stack;  ///< Slot i: bytes -8*(i+1) to -8*i-1 from the frame pointer.
    std::int32_t call_site = no_call_site;
    std::uint32_t number = 0;  ///< Its index in `State::frames`.
    std::uint32_t subprogram = 0;
    std::uint32_t async_entries = 0;   ///< Tells entries of asynchronous callbacks apart.
    std::uint32_t callback_depth = 0;  ///< How often the callback of its call was followed.
    Range callback_returns;
    bool in_callback = false, in_async_callback = false, in_exception_callback = false;

    /// The stack as far as it was used, in bytes.
    [[nodiscard]] int stack_size() const { return static_cast<int>(stack.size()) * slot_size; }
    void grow_stack(int bytes);
};

/// Something that must be given back.
struct Reference {
    enum class Kind : std::uint8_t { pointer, lock, irq };
    std::uint32_t id;
    std::uint32_t insn;  ///< That acquired it.
    Kind kind = Kind::pointer;
    std::int32_t map = 0;  ///< lock: whose value it is in.

    friend bool operator==(const Reference&, const Reference&) = default;
};

/// A place that holds a scalar: a register, or a spilled one.
struct Place {
    std::uint8_t frame;
    bool is_reg;
    std::uint8_t index;  ///< Register, or slot.
};

/// Registers and slots that hold the same scalar, at most as many as the kernel follows.
struct LinkedRegs {
    static constexpr unsigned limit = 6;
    std::array<Place, limit> places{};
    std::uint8_t count = 0;
};

/// A step of the path that cannot be found by going to the previous instruction, or of which more
/// must be known (struct bpf_jmp_history_entry).
struct Step {
    std::uint32_t insn;
    std::uint32_t previous;
    bool stack_access : 1 = false;  ///< It spilled or filled this slot of this frame:
    std::uint8_t frame : 3 = 0;
    std::uint8_t slot : 6 = 0;
    bool dst_is_stack : 1 = false, src_is_stack : 1 = false;  ///< Operands of a comparison.
    LinkedRegs linked{};  ///< Registers that learned from the comparison.
};

struct State {
    std::array<std::unique_ptr<Frame>, max_frames> frames;
    std::uint32_t current = 0;  ///< Index of the running frame.
    std::vector<Reference> references;
    std::uint32_t locks = 0;  ///< Of the references.
    std::uint32_t lock_id = 0;
    std::uint32_t rcu_locks = 0, preempt_locks = 0;  ///< Sections that the path is in.
    std::uint32_t irq_id = 0;  ///< Of the innermost section without interrupts; 0: in none.

    State* parent = nullptr;     ///< The state that was kept before on this path.
    std::uint32_t branches = 1;  ///< Paths from here that are not finished.
    std::uint32_t insn = 0;      ///< Of a kept state: before which instruction.
    std::uint32_t first_insn = 0;
    std::int32_t last_insn = -1;  ///< The previous one on the path.
    std::vector<Step> history;    ///< Since the parent.
    std::uint32_t depth = 0;      ///< Number of parents.
    std::int32_t visit = -1;      ///< The last one of this path (`ClaimRecorder`).
    std::uint32_t callback_unroll_depth = 0;
    std::uint32_t may_goto_depth = 0;
    bool cleaned = false;                ///< What is never read again was forgotten.
    bool listed = false;                 ///< A kept state that others are compared with.
    std::uint32_t hits = 0, misses = 0;  ///< Of comparisons.

    State() = default;
    State(const State& other) { *this = other; }
    State& operator=(const State& other);
    State(State&&) = default;
    State& operator=(State&&) = default;
    ~State() = default;

    [[nodiscard]] Frame& frame() { return *frames[current]; }
    [[nodiscard]] const Frame& frame() const { return *frames[current]; }
    [[nodiscard]] Reg& reg(unsigned number) { return frame().regs[number]; }
    [[nodiscard]] const Reg& reg(unsigned number) const { return frame().regs[number]; }
    [[nodiscard]] Reg& at(const Place& place);

    /// The instruction at which the frame is, of those that called others: their call.
    [[nodiscard]] std::uint32_t insn_of_frame(std::uint32_t number, std::uint32_t insn_now) const;

    /// Calls `f(Reg&)` for every register and every spilled one.
    template <class F>
    void for_each_reg(F f) {
        for (std::uint32_t i = 0; i <= current; ++i) {
            for (Reg& reg : frames[i]->regs) f(reg);
            for (Slot& slot : frames[i]->stack)
                if (slot.is_spill()) f(slot.spilled);
        }
    }
};

/// Whether both are inside the same calls (same_callsites).
bool same_call_sites(const State& a, const State& b);

}  // namespace bpftwin::verifier
