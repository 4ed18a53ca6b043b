// Groups of instructions that compilers emit for one operation of a real machine, and groups that
// only look like them: other counts, widths and registers, something in between, and temporaries
// that are or are not needed afterwards.
#include <array>

#include "tests/differential/flow.h"
#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

/// A group under construction. All registers in it are scalars unless said otherwise.
class Group {
public:
    explicit Group(Draft& draft) : draft_(draft) {}

    void emit(Op op, const Operands& operands) {
        draft_.code.emit(op, operands);
        draft_.wrote(operands.dst, Value::scalar());
        disturb();
    }
    /// A register to be overwritten, other than `taken`.
    std::uint8_t temporary(std::uint8_t taken) { return draft_.pick(draft_.free() & ~only(taken)); }
    /// Most temporaries are not looked at again.
    void drop(std::uint8_t number) {
        if (draft_.choices.percent(70) && contains(draft_.free(), number))
            draft_.forget_register(number);
    }

private:
    /// Now and then another instruction, which may well use the same registers.
    void disturb() {
        if (!draft_.choices.percent(8)) return;
        generate(draft_, draft_.choices.of(rows_of(Family::alu)));
    }

    Draft& draft_;
};

template <class T, std::size_t size>
T any(Draft& draft, const T (&some)[size]) {
    return some[draft.choices.below(size)];
}

bool is_scalar(const Draft& draft, std::uint8_t number) {
    return draft.value(number).is(Kind::scalar);
}

/// A shift up and a shift down that together are a rotation, or nearly so.
bool rotate(Draft& draft) {
    constexpr Op up[] = {Op::lsh32_k, Op::lsh64_k};
    constexpr Op down[] = {Op::rsh32_k, Op::rsh64_k};
    constexpr Op move[] = {Op::mov32_x, Op::mov64_x};
    constexpr Op combine[][2] = {
        {Op::or_32_x, Op::or_64_x}, {Op::xor_32_x, Op::xor_64_x}, {Op::add32_x, Op::add64_x}};
    const auto width = [&, wide = draft.choices.below(2)] {
        return draft.choices.percent(90) ? wide : 1 - wide;
    };
    Group group(draft);
    const std::uint8_t value = draft.changeable_scalar();
    const std::uint8_t copy = group.temporary(value);
    const auto bits = draft.choices.percent(50) ? 32 : 64;
    const auto count = static_cast<std::int32_t>(draft.choices.between(1, bits - 1));
    const std::int32_t rest = draft.choices.percent(85) ? bits - count : count;
    const bool up_first = draft.choices.percent(50);
    // The shift of the value comes last; or it comes first, and the copy is of what it leaves.
    const bool value_first = draft.choices.percent(15);
    const auto shift_value = [&] {
        group.emit((up_first ? down : up)[width()], {.dst = value, .imm = up_first ? rest : count});
    };
    if (value_first) shift_value();
    if (!is_scalar(draft, value)) return true;
    group.emit(move[width()], {.dst = copy, .src = value});
    if (!is_scalar(draft, copy)) return true;
    group.emit((up_first ? up : down)[width()], {.dst = copy, .imm = up_first ? count : rest});
    if (!is_scalar(draft, copy) || !is_scalar(draft, value)) return true;
    if (!value_first) shift_value();
    if (!is_scalar(draft, copy) || !is_scalar(draft, value)) return true;
    const bool into_value = draft.choices.percent(50);
    group.emit(combine[draft.choices.below(3)][width()],
               {.dst = into_value ? value : copy, .src = into_value ? copy : value});
    group.drop(into_value ? copy : value);
    return true;
}

/// Two shifts by the same count: an extension of the low bits, perhaps of another register's.
bool extend(Draft& draft) {
    constexpr Op shifts[] = {Op::lsh64_k, Op::rsh64_k, Op::arsh64_k, Op::lsh32_k, Op::arsh32_k};
    constexpr std::int32_t counts[] = {32, 32, 48, 56, 40, 24, 16, 63, 1, 0};
    Group group(draft);
    const std::uint8_t value = draft.changeable_scalar();
    const std::int32_t count = any(draft, counts);
    if (draft.choices.percent(30)) {
        group.emit(draft.choices.percent(60) ? Op::mov64_x : Op::mov32_x,
                   {.dst = value, .src = draft.scalar()});
    }
    if (!is_scalar(draft, value)) return true;
    group.emit(draft.choices.percent(85) ? Op::lsh64_k : any(draft, shifts),
               {.dst = value, .imm = count});
    if (!is_scalar(draft, value)) return true;
    group.emit(draft.choices.percent(90) ? shifts[1 + draft.choices.below(2)] : any(draft, shifts),
               {.dst = value, .imm = draft.choices.percent(90) ? count : any(draft, counts)});
    return true;
}

/// A load whose bytes are swapped, or a swap of another width.
bool load_swapped(Draft& draft) {
    constexpr Op loads[] = {Op::ldxh, Op::ldxw, Op::ldxdw};
    constexpr Op swaps[][3] = {{Op::be16, Op::bswap16, Op::le16},
                               {Op::be32, Op::bswap32, Op::le32},
                               {Op::be64, Op::bswap64, Op::le64}};
    const unsigned width = draft.choices.below(3);
    const auto place = draft.place_for({.bytes = 2u << width});
    if (!place) return false;
    Group group(draft);
    const std::uint8_t dst = draft.destination();
    group.emit(loads[width], {.dst = dst, .src = place->base, .off = place->off});
    if (!is_scalar(draft, dst)) return true;
    const unsigned swapped = draft.choices.percent(85) ? width : draft.choices.below(3);
    group.emit(any(draft, swaps[swapped]), {.dst = dst});
    return true;
}

/// `x + (y << n) + constant`, in some order.
bool sum(Draft& draft) {
    Group group(draft);
    const std::uint8_t total = draft.changeable_scalar();
    const std::uint8_t index = draft.scalar();
    const std::uint8_t shifted = group.temporary(total);
    const bool wide = draft.choices.percent(85);
    group.emit(Op::mov64_x, {.dst = shifted, .src = index});
    if (draft.choices.percent(80) && is_scalar(draft, shifted))
        group.emit(wide ? Op::lsh64_k : Op::lsh32_k,
                   {.dst = shifted, .imm = static_cast<std::int32_t>(draft.choices.below(5))});
    if (draft.choices.percent(40) && is_scalar(draft, total))
        group.emit(draft.choices.percent(70) ? Op::add64_k : Op::sub64_k,
                   {.dst = total, .imm = draft.choices.edge32()});
    if (!is_scalar(draft, total) || !is_scalar(draft, shifted)) return true;
    const bool into_total = draft.choices.percent(70);
    group.emit(wide ? Op::add64_x : Op::add32_x,
               {.dst = into_total ? total : shifted, .src = into_total ? shifted : total});
    group.drop(into_total ? shifted : total);
    return true;
}

/// Numbers that a division must not leave to the processor, and their neighbours.
void load_hard_division(Draft& draft, std::uint8_t dividend, std::uint8_t divisor) {
    constexpr std::uint64_t dividends[] = {std::uint64_t{1} << 63, 0x80000000, 0xffffffff80000000,
                                           0x7fffffff80000000};
    constexpr std::uint64_t divisors[] = {~std::uint64_t{0}, 0xffffffff, 0, std::uint64_t{1} << 32,
                                          1};
    draft.load_number(dividend, any(draft, dividends));
    draft.load_number(divisor, any(draft, divisors));
}

/// Quotient and remainder of the same numbers.
bool divide_both(Draft& draft) {
    constexpr Op rows[][2] = {{Op::div64_x, Op::mod64_x},
                              {Op::div32_x, Op::mod32_x},
                              {Op::sdiv64_x, Op::smod64_x},
                              {Op::sdiv32_x, Op::smod32_x}};
    const auto& [div, mod] = rows[draft.choices.below(4)];
    const std::uint8_t divisor = draft.changeable_scalar();
    const RegisterSet others = draft.free() & ~only(divisor);
    const std::uint8_t remainder = draft.pick(others);
    const std::uint8_t quotient = draft.pick(others & ~only(remainder));
    draft.code.emit(Op::mov64_x, {.dst = quotient, .src = draft.scalar()});
    if (draft.choices.percent(30)) load_hard_division(draft, quotient, divisor);
    draft.code.emit(Op::mov64_x, {.dst = remainder, .src = quotient});
    draft.code.emit(div, {.dst = quotient, .src = divisor});
    draft.code.emit(mod, {.dst = remainder, .src = divisor});
    draft.wrote(quotient, Value::scalar());
    draft.wrote(remainder, Value::scalar());
    return true;
}

/// A mask and a jump on the result, which is often not needed otherwise.
bool test_bits(Draft& draft) {
    constexpr Op masks[] = {Op::and_32_k, Op::and_64_k, Op::and_32_x, Op::and_64_x};
    constexpr Op jumps[] = {Op::jeq32_k, Op::jne32_k, Op::jeq64_k, Op::jne64_k};
    Group group(draft);
    const std::uint8_t value = draft.changeable_scalar();
    const Op mask = any(draft, masks);
    Operands operands{.dst = value};
    if (has_immediate_operand(mask))
        operands.imm = draft.choices.edge32();
    else
        operands.src = draft.scalar();
    group.emit(mask, operands);
    if (!is_scalar(draft, value)) return true;
    group.drop(value);
    const std::int32_t number = draft.choices.percent(85) ? 0 : draft.choices.edge32();
    jump_forward(draft, any(draft, jumps), {.dst = value, .imm = number});
    return true;
}

/// A constant in a register for one operation.
bool use_constant(Draft& draft) {
    const Op op = draft.choices.of(rows_of(Family::alu));
    if (has_immediate_operand(op)) return false;
    Group group(draft);
    const std::uint8_t dst = draft.changeable_scalar();
    const std::uint8_t constant = group.temporary(dst);
    draft.load_edge(constant);
    group.emit(op, {.dst = dst, .src = constant});
    group.drop(constant);
    return true;
}

/// A 32-bit move that clears an upper half which is zero already, or is not.
bool clear_upper_half(Draft& draft) {
    if (draft.choices.percent(70)) generate(draft, draft.choices.of(rows_of(Family::alu)));
    const std::uint8_t value = draft.changeable_scalar();
    draft.code.emit(Op::mov32_x, {.dst = value, .src = value});
    draft.wrote(value, Value::scalar(0xffffffff));
    return true;
}

/// The address of an element, used once.
bool access_element(Draft& draft) {
    const std::uint8_t base = draft.pick(draft.all_of(Kind::pointer) | only(frame_register));
    const auto index = small_scalar(draft, draft.free() & ~only(base));
    if (!index) return false;
    const RegisterSet others = draft.free() & ~only(base) & ~only(*index);
    const std::uint8_t address = draft.pick(others);
    Value scaled = draft.value(*index);
    if (const unsigned shift = draft.choices.below(4); scaled.most << shift <= most_unknown) {
        draft.code.emit(Op::lsh64_k, {.dst = *index, .imm = static_cast<std::int32_t>(shift)});
        scaled = Value::scalar(scaled.most << shift, scaled.step << shift);
        draft.wrote(*index, scaled);
    }
    draft.code.emit(Op::mov64_x, {.dst = address, .src = base});
    draft.wrote(address, draft.value(base));
    Value sum = sum_of(draft.value(address), scaled);
    if (draft.choices.percent(50)) {
        const std::int64_t more = draft.choices.between(-64, 64);
        draft.advance(address, more == 0 ? 1 : more);
        sum.low += more == 0 ? 1 : more;
        sum.high += more == 0 ? 1 : more;
    }
    draft.code.emit(Op::add64_x, {.dst = address, .src = *index});
    draft.wrote(address, sum);
    Group(draft).drop(*index);
    const bool used = generate_access_by(draft, address);
    Group(draft).drop(address);
    return used;
}

}  // namespace

bool generate_idiom(Draft& draft) {
    constexpr auto idioms = std::to_array<bool (*)(Draft&)>(
        {rotate, extend, load_swapped, sum, divide_both, test_bits, use_constant, clear_upper_half,
         access_element, access_element});
    return draft.choices.of(idioms)(draft);
}

}  // namespace bpftwin::differential
