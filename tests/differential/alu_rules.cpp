// Arithmetic on scalars and on pointers, alone and in the groups that compilers emit.
#include <algorithm>
#include <bit>

#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

constexpr std::uint64_t word = 0xffffffff;

/// Largest distance by which a pointer may become unknown.
constexpr std::uint64_t most_unknown = 4096;

bool is_move(Op op) {
    return op == Op::mov32_k || op == Op::mov32_x || op == Op::mov64_k || op == Op::mov64_x;
}

/// `dst = src` of anything that can be read.
bool copy_any(Draft& draft) {
    const RegisterSet readable = general_registers & ~draft.all_of(Kind::unknown);
    const std::uint8_t src = draft.pick(readable | only(frame_register));
    const std::uint8_t dst = draft.destination();
    draft.code.emit(Op::mov64_x, {.dst = dst, .src = src});
    draft.wrote(dst, draft.value(src));
    return true;
}

/// `pointer += constant`. The pointer may leave its area; accesses do not.
bool advance_pointer(Draft& draft) {
    const RegisterSet pointers = draft.all_of(Kind::pointer) & draft.free();
    if (pointers == 0) return false;
    const std::uint8_t dst = draft.pick(pointers);
    Choices& choices = draft.choices;
    std::int64_t bytes = choices.between(-16, 16);
    if (choices.percent(40)) bytes = 8 * choices.between(-8, 8);
    if (choices.percent(10)) bytes = choices.between(-32768, 32767);
    Value moved = draft.value(dst);
    moved.low += bytes;
    moved.high += bytes;
    if (std::max(std::abs(moved.low), std::abs(moved.high)) > 60000) return false;
    const bool adds = choices.percent(50);
    draft.code.emit(adds ? Op::add64_k : Op::sub64_k,
                    {.dst = dst, .imm = static_cast<std::int32_t>(adds ? bytes : -bytes)});
    draft.wrote(dst, moved);
    return true;
}

/// A register with a scalar that is small enough to be added to a pointer.
std::optional<std::uint8_t> small_scalar(Draft& draft, RegisterSet among) {
    RegisterSet small = 0;
    for (unsigned i = 0; i < frame_register; ++i)
        if (contains(among, i) && draft.value(i).is(Kind::scalar) &&
            draft.value(i).most <= most_unknown)
            small |= only(i);
    if (small != 0) return draft.pick(small);
    const RegisterSet changeable = among & draft.free() & draft.all_of(Kind::scalar);
    if (changeable == 0) return std::nullopt;
    const std::uint8_t made = draft.pick(changeable);
    const auto mask = static_cast<std::int32_t>((1u << draft.choices.below(7)) - 1)
                      << draft.choices.below(4);
    draft.code.emit(draft.choices.percent(50) ? Op::and_64_k : Op::and_32_k,
                    {.dst = made, .imm = mask});
    draft.wrote(made, Value::scalar(static_cast<std::uint64_t>(mask),
                                    static_cast<std::uint64_t>(mask == 0 ? 1 : mask & -mask)));
    return made;
}

Value sum_of(const Value& pointer, const Value& scalar) {
    Value sum = pointer;
    sum.high += static_cast<std::int64_t>(scalar.most);
    sum.step = std::min(sum.step, scalar.step);
    return sum;
}

/// `pointer += scalar`, or `scalar += pointer`.
bool add_scalar(Draft& draft) {
    const RegisterSet pointers = draft.all_of(Kind::pointer) | only(frame_register);
    const std::uint8_t pointer = draft.pick(pointers);
    const bool into_scalar = pointer == frame_register || draft.choices.percent(50);
    const RegisterSet among = into_scalar ? draft.free() : general_registers;
    if (!into_scalar && !contains(draft.free(), pointer)) return false;
    const auto scalar = small_scalar(draft, among);
    if (!scalar) return false;
    const std::uint8_t dst = into_scalar ? *scalar : pointer;
    const std::uint8_t src = into_scalar ? pointer : *scalar;
    draft.code.emit(Op::add64_x, {.dst = dst, .src = src});
    draft.wrote(dst, sum_of(draft.value(pointer), draft.value(*scalar)));
    return true;
}

/// The distance of two pointers is the same on every engine.
bool subtract_pointers(Draft& draft) {
    const RegisterSet pointers = draft.all_of(Kind::pointer) & draft.free();
    if (pointers == 0) return false;
    const std::uint8_t dst = draft.pick(pointers);
    RegisterSet same = 0;
    for (unsigned i = 0; i < register_count; ++i)
        if (draft.value(i).is(Kind::pointer) && draft.value(i).area == draft.value(dst).area)
            same |= only(i);
    const std::uint8_t src = draft.pick(same);
    draft.code.emit(Op::sub64_x, {.dst = dst, .src = src});
    draft.wrote(dst, Value::scalar());
    return true;
}

std::uint8_t other_than(Draft& draft, std::uint8_t taken) {
    return draft.pick(draft.free() & ~only(taken));
}

/// `x << n | x >> (bits - n)`, with the shifts and the or at one width.
bool rotate(Draft& draft) {
    const bool wide = draft.choices.percent(50);
    const unsigned bits = wide ? 64 : 32;
    const std::uint8_t value = draft.changeable_scalar();
    const std::uint8_t copy = other_than(draft, value);
    const auto count = static_cast<std::int32_t>(draft.choices.between(1, bits - 1));
    const auto back = static_cast<std::int32_t>(bits) - count;
    draft.code.emit(wide ? Op::mov64_x : Op::mov32_x, {.dst = copy, .src = value});
    draft.code.emit(wide ? Op::lsh64_k : Op::lsh32_k, {.dst = copy, .imm = count});
    draft.code.emit(wide ? Op::rsh64_k : Op::rsh32_k, {.dst = value, .imm = back});
    draft.code.emit(wide ? Op::or_64_x : Op::or_32_x, {.dst = value, .src = copy});
    draft.wrote(copy, Value::scalar());
    draft.wrote(value, Value::scalar());
    return true;
}

/// The way to zero- or sign-extend 32 bits before there were 32-bit instructions.
bool extend(Draft& draft) {
    const std::uint8_t value = draft.changeable_scalar();
    const std::int32_t count = draft.choices.percent(70) ? 32 : draft.choices.between(40, 56) & ~7;
    draft.code.emit(Op::lsh64_k, {.dst = value, .imm = count});
    draft.code.emit(draft.choices.percent(50) ? Op::rsh64_k : Op::arsh64_k,
                    {.dst = value, .imm = count});
    draft.wrote(value, Value::scalar());
    return true;
}

/// A load whose bytes are swapped.
bool load_swapped(Draft& draft) {
    const Op loads[] = {Op::ldxh, Op::ldxw, Op::ldxdw};
    const Op swaps[][2] = {
        {Op::be16, Op::bswap16}, {Op::be32, Op::bswap32}, {Op::be64, Op::bswap64}};
    const unsigned width = draft.choices.below(3);
    const auto place = draft.place_for({.bytes = 2u << width});
    if (!place) return false;
    const std::uint8_t dst = draft.destination();
    draft.code.emit(loads[width], {.dst = dst, .src = place->base, .off = place->off});
    draft.code.emit(swaps[width][draft.choices.below(2)], {.dst = dst});
    draft.wrote(dst, Value::scalar());
    return true;
}

/// `x += y << n`, the address of an element.
bool scale(Draft& draft) {
    const bool wide = draft.choices.percent(70);
    const std::uint8_t sum = draft.changeable_scalar();
    const std::uint8_t index = draft.scalar();
    const std::uint8_t copy = other_than(draft, sum);
    draft.code.emit(wide ? Op::mov64_x : Op::mov32_x, {.dst = copy, .src = index});
    draft.code.emit(wide ? Op::lsh64_k : Op::lsh32_k,
                    {.dst = copy, .imm = static_cast<std::int32_t>(draft.choices.below(5))});
    draft.code.emit(wide ? Op::add64_x : Op::add32_x, {.dst = sum, .src = copy});
    draft.wrote(copy, Value::scalar());
    draft.wrote(sum, Value::scalar());
    return true;
}

/// Quotient and remainder of the same numbers.
bool divide_both(Draft& draft) {
    const Op pairs[][2] = {{Op::div64_x, Op::mod64_x},
                           {Op::div32_x, Op::mod32_x},
                           {Op::sdiv64_x, Op::smod64_x},
                           {Op::sdiv32_x, Op::smod32_x}};
    const auto& [div, mod] = pairs[draft.choices.below(4)];
    const std::uint8_t divisor = draft.scalar();
    const RegisterSet others = draft.free() & ~only(divisor);
    const std::uint8_t remainder = draft.pick(others);
    const std::uint8_t quotient = draft.pick(others & ~only(remainder));
    const std::uint8_t dividend = draft.scalar();
    draft.code.emit(Op::mov64_x, {.dst = quotient, .src = dividend});
    draft.code.emit(Op::mov64_x, {.dst = remainder, .src = quotient});
    draft.code.emit(div, {.dst = quotient, .src = divisor});
    draft.code.emit(mod, {.dst = remainder, .src = divisor});
    draft.wrote(quotient, Value::scalar());
    draft.wrote(remainder, Value::scalar());
    return true;
}

}  // namespace

Value result_of(const OpInfo& row, const Value& dst, std::int32_t imm) {
    const std::uint64_t widest = row.bits == 32 ? word : Value::scalar().most;
    const auto positive = static_cast<std::uint64_t>(imm);
    switch (row.op) {
        case Op::mov64_k: return Value::number(static_cast<std::uint64_t>(std::int64_t{imm}));
        case Op::mov32_k: return Value::number(static_cast<std::uint32_t>(imm));
        case Op::and_32_k:
        case Op::and_64_k:
            if (imm <= 0) return Value::scalar(widest);
            return Value::scalar(positive, positive & (0 - positive));
        case Op::mod32_k:
        case Op::mod64_k: return imm <= 0 ? Value::scalar(widest) : Value::scalar(positive - 1);
        case Op::rsh64_k: return Value::scalar(dst.most >> (positive & 63));
        default: return Value::scalar(widest);
    }
}

bool generate_alu(Draft& draft, const OpInfo& row) {
    const bool moves = is_move(row.op);
    const std::uint8_t dst = moves ? draft.destination() : draft.changeable_scalar();
    Operands operands{.dst = dst};
    Value result = Value::scalar(row.bits == 32 ? word : Value::scalar().most);
    if (has_immediate_operand(row.op)) {
        operands.imm = draft.choices.edge32();
        result = result_of(row, draft.value(dst), operands.imm);
    } else {
        const bool same = draft.value(dst).is(Kind::scalar) && draft.choices.percent(15);
        operands.src = same ? dst : draft.scalar();
        if (row.op == Op::mov64_x) result = draft.value(operands.src);
    }
    draft.code.emit(row.op, operands);
    draft.wrote(dst, result);
    return true;
}

bool generate_pointer_arithmetic(Draft& draft) {
    switch (draft.choices.below(5)) {
        case 0:
        case 1: return copy_any(draft);
        case 2: return advance_pointer(draft);
        case 3: return add_scalar(draft);
        default: return subtract_pointers(draft);
    }
}

bool generate_idiom(Draft& draft) {
    switch (draft.choices.below(5)) {
        case 0: return rotate(draft);
        case 1: return extend(draft);
        case 2: return load_swapped(draft);
        case 3: return scale(draft);
        default: return divide_both(draft);
    }
}

}  // namespace bpftwin::differential
