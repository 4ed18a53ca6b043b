// The stack of a function as slots of eight bytes (kernel: struct bpf_stack_state).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "verifier/reg.h"
#include "verifier/shared.h"

namespace bpftwin::verifier {

inline constexpr int max_stack = 512;  ///< Bytes.
inline constexpr int slot_size = 8;    ///< Bytes of a stack slot, as of a register.

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
    /// Nothing in it matters: `invalid` or `misc`, which have one bit at most.
    [[nodiscard]] bool is_all_misc() const {
        static_assert(static_cast<int>(SlotByte::invalid) == 0 &&
                      static_cast<int>(SlotByte::misc) == 2);
        return (std::bit_cast<std::uint64_t>(bytes) & ~0x0202020202020202U) == 0;
    }
    /// A scalar that fills the slot.
    [[nodiscard]] bool is_full_scalar_spill() const {
        return bytes[0] == SlotByte::spill && spilled.is_scalar();
    }
    /// Forgets what was spilled, the bytes beside it too become `misc` (scrub_special_slot).
    void scrub();
};

/// Slots that stacks have in common until one of them changes one.
inline constexpr std::size_t slots_per_group = 2;
using SlotGroup = std::array<Slot, slots_per_group>;

/// Slot i: bytes -8*(i+1) to -8*i-1 from the frame pointer.
class Stack {
public:
    explicit Stack(Pool<SlotGroup>& groups) : pool_(&groups) {}

    /// Slots down to the deepest that was used.
    [[nodiscard]] std::size_t size() const { return size_; }
    void grow(std::size_t slots) { size_ = std::max(size_, slots); }
    const Slot& operator[](std::size_t index) const {
        static constexpr Slot unused{};
        const Shared<SlotGroup>& group = groups_[index / slots_per_group];
        return group ? (*group)[index % slots_per_group] : unused;
    }
    /// Whether anything was put into slots near this one.
    [[nodiscard]] bool may_hold(std::size_t index) const {
        return static_cast<bool>(groups_[index / slots_per_group]);
    }
    /// The same, for changing.
    Slot& change(std::size_t index) {
        Shared<SlotGroup>& group = groups_[index / slots_per_group];
        if (!group) group = pool_->make();
        return group.change()[index % slots_per_group];
    }
    /// Whether something is in one of the slots, bit i is slot i.
    [[nodiscard]] bool holds(std::uint64_t slots) const;
    /// Nothing is in the slots.
    void forget(std::uint64_t slots);
    /// Calls `f(slot, index)` for all slots that may hold something, in their order.
    template <class F>
    void for_each(F f) const {
        for (std::size_t i = 0; i < size_; ++i) {
            if (groups_[i / slots_per_group])
                f((*this)[i], i);
            else
                i += slots_per_group - 1;
        }
    }

private:
    Pool<SlotGroup>* pool_;
    std::array<Shared<SlotGroup>, max_stack / slot_size / slots_per_group> groups_;
    std::size_t size_ = 0;
};

}  // namespace bpftwin::verifier
