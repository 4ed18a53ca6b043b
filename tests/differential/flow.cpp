#include "tests/differential/flow.h"

#include <algorithm>
#include <array>
#include <bit>

#include "tests/differential/calls.h"
#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

/// A point further down that statements to come will be placed before.
Target& pending_target(Draft& draft) {
    auto& pending = draft.pending;
    if (!pending.empty() && draft.choices.percent(30))
        return pending[draft.choices.below(pending.size())].target;
    pending.push_back({draft.new_target(), draft.choices.below(6)});
    return pending.back().target;
}

/// The same number or nearly so: by one, or in the other half; or one without a lower half.
std::uint64_t near(Choices& choices, std::uint64_t number) {
    if (choices.percent(15)) return choices.edge64() << 32;
    constexpr auto distances = std::to_array<std::uint64_t>(
        {0, 1, std::uint64_t{0} - 1, std::uint64_t{1} << 32, std::uint64_t{0xffffffff} << 32});
    return number + choices.of(distances);
}

/// Operands of a conditional jump, often equal ones or near misses.
Operands condition(Draft& draft, const OpInfo& row) {
    Choices& choices = draft.choices;
    Operands operands{.dst = draft.scalar()};
    const bool decide = contains(draft.free(), operands.dst) && choices.percent(30);
    if (has_immediate_operand(row.op)) {
        operands.imm = choices.edge32();
        const auto number = static_cast<std::uint64_t>(std::int64_t{operands.imm});
        if (decide) draft.load_number(operands.dst, near(choices, number));
        return operands;
    }
    operands.src = choices.percent(10) ? operands.dst : draft.scalar();
    if (decide && contains(draft.free(), operands.src)) {
        const std::uint64_t number = choices.edge64();
        draft.load_number(operands.src, number);
        draft.load_number(operands.dst, near(choices, number));
    }
    return operands;
}

/// The row with the same operator at this width and with this operand.
Op variant(Op op, unsigned bits, bool immediate) {
    for (const Op other : rows_of(Family::jmp))
        if (info(other).symbol == info(op).symbol && info(other).bits == bits &&
            has_immediate_operand(other) == immediate)
            return other;
    return op;
}

/// Counts a loop's rounds in a register or in a stack slot.
struct Counter {
    std::uint8_t number = 0;           ///< The register, or the one that it is loaded into.
    std::optional<std::int16_t> slot;  ///< Where it stays between the rounds.
    bool down = false;
    std::int32_t rounds = 1;
    std::uint8_t limit = 0;  ///< A register for the number that it is compared with.
};

/// When a counter that goes up to `rounds`, or down to 0, has or has not arrived.
struct Test {
    Op op;
    std::int32_t offset;  ///< Of the number compared with from the one that it arrives at.
};
constexpr auto on_the_way_up = std::to_array<Test>(
    {{Op::jlt64_k, 0}, {Op::jle64_k, -1}, {Op::jne64_k, 0}, {Op::jslt64_k, 0}, {Op::jsle64_k, -1}});
constexpr auto arrived_up = std::to_array<Test>(
    {{Op::jge64_k, 0}, {Op::jgt64_k, -1}, {Op::jeq64_k, 0}, {Op::jsge64_k, 0}, {Op::jsgt64_k, -1}});
constexpr auto on_the_way_down = std::to_array<Test>({{Op::jgt64_k, 0},
                                                      {Op::jge64_k, 1},
                                                      {Op::jne64_k, 0},
                                                      {Op::jsgt64_k, 0},
                                                      {Op::jsge64_k, 1},
                                                      {Op::jset64_k, -1}});
constexpr auto arrived_down = std::to_array<Test>(
    {{Op::jle64_k, 0}, {Op::jlt64_k, 1}, {Op::jeq64_k, 0}, {Op::jsle64_k, 0}, {Op::jslt64_k, 1}});

/// Only of two rounds or one: a counter that is 1 has one more to go.
constexpr auto one_more = std::to_array<Test>({{Op::jeq64_k, 1}});

std::span<const Test> tests_of(Choices& choices, const Counter& counter, bool arrived) {
    if (counter.down && !arrived && counter.rounds <= 2 && choices.percent(40)) return one_more;
    if (counter.down) return arrived ? std::span<const Test>(arrived_down) : on_the_way_down;
    return arrived ? std::span<const Test>(arrived_up) : on_the_way_up;
}

void save(Draft& draft, const Counter& counter) {
    if (counter.slot)
        draft.code.emit(Op::stxdw,
                        {.dst = frame_register, .src = counter.number, .off = *counter.slot});
}

void load(Draft& draft, const Counter& counter) {
    if (!counter.slot) return;
    draft.code.emit(Op::ldxdw,
                    {.dst = counter.number, .src = frame_register, .off = *counter.slot});
    draft.wrote(counter.number, Value::scalar());
}

void step(Draft& draft, const Counter& counter) {
    const bool subtracts = draft.choices.percent(50);
    const bool wide = draft.choices.percent(60);
    const std::int32_t by = counter.down == subtracts ? 1 : -1;
    const Op op =
        subtracts ? (wide ? Op::sub64_k : Op::sub32_k) : (wide ? Op::add64_k : Op::add32_k);
    draft.code.emit(op, {.dst = counter.number, .imm = by});
    save(draft, counter);
}

/// The instruction that compares the counter, and its operands. May load `limit`.
std::pair<Op, Operands> compare(Draft& draft, const Counter& counter, bool arrived) {
    const Test& test = draft.choices.of(tests_of(draft.choices, counter, arrived));
    const bool immediate = draft.choices.percent(70);
    const unsigned bits = draft.choices.percent(60) ? 64 : 32;
    const std::int32_t number = (counter.down ? 0 : counter.rounds) + test.offset;
    Operands operands{.dst = counter.number};
    if (immediate) {
        operands.imm = number;
    } else {
        operands.src = counter.limit;
        draft.load_number(counter.limit, static_cast<std::uint64_t>(std::int64_t{number}));
    }
    return {variant(test.op, bits, immediate), operands};
}

/// A register for the counter and one for its limit, which nothing else uses in the loop.
std::optional<Counter> begin_counter(Draft& draft, std::uint32_t most_rounds) {
    Counter counter;
    counter.number = draft.destination();
    counter.limit = draft.pick(draft.free() & ~only(counter.number));
    if (draft.choices.percent(30)) counter.slot = draft.reserve_slot();
    counter.down = draft.choices.percent(50);
    counter.rounds = static_cast<std::int32_t>(1 + draft.choices.below(most_rounds));
    draft.load_number(counter.number,
                      static_cast<std::uint64_t>(counter.down ? counter.rounds : 0));
    save(draft, counter);
    draft.state.registers[counter.limit] = {};
    draft.state.registers[counter.number] = counter.slot ? Value{} : Value::scalar();
    if (!counter.slot) draft.pinned |= only(counter.number);
    return counter;
}

void end_counter(Draft& draft, const Counter& counter) {
    if (counter.slot) draft.release_slot(*counter.slot);
}

/// The statements of a loop, which may be entered in their middle.
void loop_body(Draft& draft, Target* middle) {
    generate_block(draft, 1 + draft.choices.below(4));
    if (middle == nullptr) return;
    draft.place(*middle);
    generate_block(draft, 1 + draft.choices.below(3));
}

/// do { … } while (counter goes on)
void loop_tested_below(Draft& draft, const Counter& counter) {
    std::optional<Target> middle;
    if (draft.choices.percent(25)) {
        middle = draft.new_target();
        const Op op = draft.choices.of(rows_of(Family::jmp));
        const Operands operands = condition(draft, info(op));
        draft.settle_for_loop();
        draft.jump(op, operands, *middle);
    } else {
        draft.settle_for_loop();
    }
    const Emitter::Label head = draft.begin_loop();
    const State at_head = draft.state;
    loop_body(draft, middle ? &*middle : nullptr);
    draft.restore(at_head);
    load(draft, counter);
    step(draft, counter);
    const auto [op, operands] = compare(draft, counter, false);
    draft.code.jump(op, operands, head);
}

/// while (counter goes on) { … }
void loop_tested_above(Draft& draft, const Counter& counter) {
    draft.settle_for_loop();
    const Emitter::Label head = draft.begin_loop();
    const State at_head = draft.state;
    Target out = draft.new_target();
    if (draft.choices.percent(30)) draft.jump(Op::may_goto, {}, out);
    load(draft, counter);
    const auto [op, operands] = compare(draft, counter, true);
    draft.jump(op, operands, out);
    step(draft, counter);
    loop_body(draft, nullptr);
    draft.restore(at_head);
    draft.code.jump(draft.choices.percent(50) ? Op::ja : Op::gotol, {}, head);
    draft.end_path();
    draft.place(out);
}

/// Adds a number to the fold in r0, so that no single difference is lost.
void fold(Draft& draft, std::uint8_t number) {
    if (draft.choices.percent(35)) draft.code.emit(Op::mul64_k, {.dst = 0, .imm = 31});
    draft.code.emit(draft.choices.percent(50) ? Op::add64_x : Op::xor_64_x,
                    {.dst = 0, .src = number});
}

void fold_stack(Draft& draft) {
    constexpr std::uint8_t loaded = 1;
    constexpr int most_slots = 10;
    std::uint64_t slots = draft.state.stack & ~draft.reserved_slots;
    while (std::popcount(slots) > most_slots) slots &= draft.choices.bits() | draft.choices.bits();
    for (; slots != 0; slots &= slots - 1) {
        const auto slot = static_cast<unsigned>(std::countr_zero(slots));
        draft.code.emit(Op::ldxdw,
                        {.dst = loaded, .src = frame_register, .off = slot_offset(slot)});
        fold(draft, loaded);
    }
}

/// A callback keeps its fold in its context and says whether it wants to go on.
void answer_helper(Draft& draft) {
    constexpr std::uint8_t pointer = 1;
    if (draft.buffer) {
        draft.point_to(pointer, *draft.buffer, 0);
        draft.code.emit(Op::stxdw, {.dst = pointer, .src = 0, .off = 8});
    }
    if (draft.choices.percent(30))
        draft.code.emit(Op::and_64_k, {.dst = 0, .imm = 1});
    else
        draft.code.emit(Op::mov32_k, {.dst = 0, .imm = draft.choices.percent(20) ? 1 : 0});
}

}  // namespace

void jump_forward(Draft& draft, Op op, const Operands& operands) {
    draft.jump(op, operands, pending_target(draft));
}

bool generate_branch(Draft& draft, const OpInfo& row) {
    jump_forward(draft, row.op, condition(draft, row));
    return true;
}

bool generate_goto(Draft& draft, const OpInfo& row) {
    jump_forward(draft, row.op, {});
    if (row.op != Op::may_goto) draft.end_path();
    return true;
}

bool generate_loop(Draft& draft) {
    constexpr std::uint64_t most_weight = 50;
    if (draft.nesting >= 3 || std::popcount(draft.pinned) > 3) return false;
    const std::uint64_t weight = draft.code.weight();
    const std::uint64_t most_rounds = std::min<std::uint64_t>(6, most_weight / weight);
    if (most_rounds == 0) return false;
    const RegisterSet pinned = draft.pinned;
    const auto counter = begin_counter(draft, static_cast<std::uint32_t>(most_rounds));
    ++draft.nesting;
    draft.code.set_weight(weight * static_cast<std::uint64_t>(counter->rounds));
    if (draft.choices.percent(60))
        loop_tested_below(draft, *counter);
    else
        loop_tested_above(draft, *counter);
    draft.code.set_weight(weight);
    --draft.nesting;
    draft.pinned = pinned;
    end_counter(draft, *counter);
    return true;
}

bool generate_pointer_branch(Draft& draft) {
    const RegisterSet pointers = draft.all_of(Kind::pointer);
    if (pointers == 0) return false;
    const Op op = draft.choices.of(rows_of(Family::jmp));
    if (info(op).bits != 64 || has_immediate_operand(op) || op == Op::jset64_x) return false;
    const std::uint8_t dst = draft.pick(pointers);
    RegisterSet same = 0;
    for (unsigned i = 0; i < register_count; ++i)
        if (draft.value(i).is(Kind::pointer) && draft.value(i).area == draft.value(dst).area)
            same |= only(i);
    const std::uint8_t src = draft.pick(same);
    jump_forward(draft, op, {.dst = dst, .src = src});
    return true;
}

void generate_exit(Draft& draft) {
    if (!draft.value(0).is(Kind::scalar)) draft.load_edge(0);
    for (std::uint8_t i = 1; i < frame_register; ++i)
        if (draft.value(i).is(Kind::scalar)) fold(draft, i);
    fold_stack(draft);
    if (draft.signature.callback) answer_helper(draft);
    draft.code.emit(Op::exit);
}

bool generate_early_exit(Draft& draft) {
    Target on = draft.new_target();
    const Op op = draft.choices.of(rows_of(Family::jmp));
    draft.jump(op, condition(draft, info(op)), on);
    generate_exit(draft);
    draft.end_path();
    draft.place(on);
    return true;
}

}  // namespace bpftwin::differential
