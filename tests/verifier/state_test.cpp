// What states have in common, and that no change shows elsewhere.
#include "verifier/state.h"

#include "gtest/gtest.h"

namespace bpftwin::verifier {
namespace {

/// A state of two frames, the inner one runs; slot 3 of both holds 7.
Owned<State> two_frames(StateMemory& memory) {
    auto state = memory.states.make_owned(memory);
    for (std::uint32_t i = 0; i < 2; ++i) {
        state->frames[i] = memory.frames.make(memory.slots);
        Stack& stack = state->frames[i].change().stack;
        stack.grow(20);
        stack.change(3).spilled = Reg::constant(7);
        stack.change(3).bytes.fill(SlotByte::spill);
    }
    state->current = 1;
    return state;
}

std::uint64_t value_of(const State& state, std::uint32_t frame, std::size_t slot) {
    return state.frames[frame]->stack[slot].spilled.num.var_off.value;
}

TEST(state, shares_outer_frames_with_its_copy_until_one_changes) {
    StateMemory memory;
    const auto one = two_frames(memory);
    const auto other = one->copy();
    EXPECT_EQ(one->frames[0], other->frames[0]);
    other->at({0, false, 3}) = Reg::constant(8);
    EXPECT_NE(one->frames[0], other->frames[0]);
    EXPECT_EQ(value_of(*one, 0, 3), 7U);
    EXPECT_EQ(value_of(*other, 0, 3), 8U);
}

TEST(state, has_a_running_frame_of_its_own) {
    StateMemory memory;
    const auto one = two_frames(memory);
    Reg& before = one->reg(2);
    const auto other = one->copy();
    EXPECT_EQ(&one->reg(2), &before);
    other->reg(2) = Reg::constant(1);
    EXPECT_EQ(before.type.kind, RegKind::not_init);
}

TEST(state, shares_slots_of_the_running_frame_until_one_changes) {
    StateMemory memory;
    const auto one = two_frames(memory);
    const auto other = one->copy();
    EXPECT_EQ(&one->frames[1]->stack[3], &other->frames[1]->stack[3]);
    one->frame().stack.change(3).spilled = Reg::constant(9);
    EXPECT_EQ(value_of(*one, 1, 3), 9U);
    EXPECT_EQ(value_of(*other, 1, 3), 7U);
}

TEST(state, changes_only_registers_that_are_concerned) {
    StateMemory memory;
    const auto one = two_frames(memory);
    const auto other = one->copy();
    other->change_regs([](const Reg& reg) { return reg.is_const() && reg.num.umin == 5; },
                       [](Reg& reg) { reg.make_unknown(); });
    EXPECT_EQ(one->frames[0], other->frames[0]);
    other->change_regs([](const Reg& reg) { return reg.is_const() && reg.num.umin == 7; },
                       [](Reg& reg) { reg.make_unknown(); });
    EXPECT_EQ(value_of(*one, 0, 3), 7U);
    EXPECT_FALSE(other->frames[0]->stack[3].spilled.is_const());
    EXPECT_FALSE(other->frames[1]->stack[3].spilled.is_const());
}

TEST(stack, is_empty_where_nothing_was_put) {
    StateMemory memory;
    Stack stack(memory.slots);
    stack.grow(64);
    EXPECT_EQ(stack[63].bytes, Slot{}.bytes);
    EXPECT_FALSE(stack.may_hold(63));
    EXPECT_FALSE(stack.holds(~std::uint64_t{0}));
}

TEST(stack, forgets_the_slots_of_a_set_and_no_other) {
    StateMemory memory;
    const auto state = two_frames(memory);
    Stack& stack = state->frame().stack;
    stack.change(17).bytes.fill(SlotByte::misc);
    stack.forget(~(std::uint64_t{1} << 3));
    EXPECT_TRUE(stack[3].is_spill());
    EXPECT_FALSE(stack.holds(~(std::uint64_t{1} << 3)));
}

TEST(linked_regs, come_back_as_they_were_added) {
    LinkedRegs linked;
    for (std::uint8_t i = 0; i < LinkedRegs::limit; ++i)
        linked.add(
            {static_cast<std::uint8_t>(7 - i), i % 2 == 0, static_cast<std::uint8_t>(60 - i)});
    ASSERT_EQ(linked.count(), LinkedRegs::limit);
    for (std::uint8_t i = 0; i < LinkedRegs::limit; ++i) {
        EXPECT_EQ(linked[i].frame, 7 - i);
        EXPECT_EQ(linked[i].is_reg, i % 2 == 0);
        EXPECT_EQ(linked[i].index, 60 - i);
    }
}

TEST(pool, uses_again_what_is_given_back) {
    StateMemory memory;
    const Frame* first = nullptr;
    {
        const auto frame = memory.frames.make(memory.slots);
        first = &*frame;
    }
    EXPECT_EQ(&*memory.frames.make(memory.slots), first);
}

TEST(huge_pages, give_pieces_of_any_size) {
    HugePages pages;
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{4096}, std::size_t{3} << 20}) {
        void* piece = pages.allocate(bytes, 64);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece) % 64, 0U);
        static_cast<char*>(piece)[bytes - 1] = 1;
        pages.deallocate(piece, bytes, 64);
    }
}

TEST(huge_pages, give_a_large_piece_that_was_given_back_again) {
    constexpr std::size_t bytes = std::size_t{5} << 20;
    void* first = HugePages().allocate(bytes);
    HugePages().deallocate(first, bytes);
    HugePages later;
    void* second = later.allocate(bytes);
    EXPECT_EQ(second, first);
    later.deallocate(second, bytes);
}

}  // namespace
}  // namespace bpftwin::verifier
