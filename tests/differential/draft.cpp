// Registers and control flow of a draft.
#include "tests/differential/draft.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace bpftwin::differential {

using Kind = Value::Kind;

Draft::Draft(Choices& source, const Setting& where, std::span<const Body> callable)
    : choices(source), setting(where), subprograms(callable) {
    add_area({.kind = Area::Kind::stack,
              .source = Area::Source::frame,
              .span = {-512, 0},
              .alignment = 8});
    state.registers[frame_register] = Value::pointer(stack_area(), 0);
}

RegisterSet Draft::all_of(Kind kind) const {
    RegisterSet set = 0;
    for (unsigned i = 0; i < frame_register; ++i)
        if (value(i).is(kind)) set |= only(i);
    return set;
}

std::uint8_t Draft::pick(RegisterSet set) {
    unsigned left = choices.below(static_cast<unsigned>(std::popcount(set)));
    for (std::uint8_t i = 0;; ++i)
        if (contains(set, i) && left-- == 0) return i;
}

std::uint8_t Draft::scalar() {
    if (value(last_).is(Kind::scalar) && choices.percent(30)) return last_;
    if (const RegisterSet scalars = all_of(Kind::scalar)) return pick(scalars);
    const std::uint8_t made = destination();
    load_edge(made);
    return made;
}

std::uint8_t Draft::changeable_scalar() {
    if (value(last_).is(Kind::scalar) && contains(free(), last_) && choices.percent(30))
        return last_;
    if (const RegisterSet scalars = all_of(Kind::scalar) & free()) return pick(scalars);
    const std::uint8_t made = destination();
    load_edge(made);
    return made;
}

void Draft::wrote(unsigned number, const Value& value) {
    state.registers[number] = value;
    last_ = static_cast<std::uint8_t>(number);
}

bool Draft::need_scalar(std::uint8_t number) {
    if (value(number).is(Kind::scalar)) return true;
    if (!contains(free(), number)) return false;
    load_edge(number);
    return true;
}

void Draft::load_number(std::uint8_t dst, std::uint64_t number) {
    const auto low = static_cast<std::int32_t>(number);
    const bool short_signed = static_cast<std::uint64_t>(std::int64_t{low}) == number;
    const bool short_unsigned = number >> 32 == 0;
    if (short_signed && choices.percent(60))
        code.emit(Op::mov64_k, {.dst = dst, .imm = low});
    else if (short_unsigned && choices.percent(80))
        code.emit(Op::mov32_k, {.dst = dst, .imm = low});
    else
        code.emit_wide(Op::lddw, dst, low, static_cast<std::int32_t>(number >> 32));
    wrote(dst, Value::number(number));
}

void Draft::top_up() {
    const int wanted = std::min(3, std::popcount(free()));
    while (std::popcount<RegisterSet>(all_of(Kind::scalar) & free()) < wanted) {
        const RegisterSet unknown = all_of(Kind::unknown) & free();
        load_edge(pick(unknown ? unknown : free() & ~all_of(Kind::scalar)));
    }
}

void Draft::after_call(const Value& result) {
    for (unsigned i = 1; i <= 5; ++i) state.registers[i] = {};
    wrote(0, result);
}

void Draft::jump(Op op, Operands operands, Target& target) {
    code.jump(op, operands, target.label);
    target.state = target.reached ? join(target.state, state) : state;
    target.reached = true;
}

void Draft::place(Target& target) {
    code.place(target.label);
    if (!target.reached) return;
    state = reachable_ ? join(state, target.state) : target.state;
    reachable_ = true;
    for (Value& value : state.registers)
        if (value.is(Kind::pointer) && !area(value.area).alive) value = {};
}

Emitter::Label Draft::begin_loop() {
    const Emitter::Label head = code.new_label();
    code.place(head);
    reachable_ = true;
    return head;
}

void Draft::load_value(std::uint8_t dst, const Value& wanted) {
    const auto first = static_cast<unsigned>(std::countr_zero(wanted.set));
    switch (wanted.kind) {
        case Kind::unknown: return;
        case Kind::scalar: {
            const std::uint64_t count = wanted.most / wanted.step;
            const bool any = count == std::numeric_limits<std::uint64_t>::max();
            return load_number(dst,
                               any ? choices.edge64() : choices.bits() % (count + 1) * wanted.step);
        }
        case Kind::pointer: return point_to(dst, wanted.area, wanted.low);
        case Kind::map:
            code.emit_wide(Op::lddw_map_fd, dst, static_cast<std::int32_t>(first), 0);
            return wrote(dst, wanted);
        case Kind::function:
            code.refer(Op::lddw_func, dst, static_cast<std::uint8_t>(first));
            return wrote(dst, wanted);
    }
}

void Draft::restore(const State& wanted) {
    for (std::uint8_t i = 0; i < frame_register; ++i)
        if (join(value(i), wanted.registers[i]) != wanted.registers[i])
            load_value(i, wanted.registers[i]);
}

void Draft::settle_for_loop() {
    for (unsigned i = 0; i < frame_register; ++i) {
        Value& value = state.registers[i];
        if (value.is(Kind::scalar) && choices.percent(80)) value = Value::scalar();
        if (!value.is(Kind::pointer) || area(value.area).source != Area::Source::nowhere) continue;
        if (!contains(call_registers, i) && std::popcount(pinned) < 3 && choices.percent(50))
            pinned |= only(i);
        else if (!contains(pinned, i))
            value = {};
    }
}

}  // namespace bpftwin::differential
