// Arithmetic on what is known of numbers (kernel/bpf/verifier.c: adjust_scalar_min_max_vals and
// the scalar_min_max_ functions). An operation computes the bounds of low halves and of 64-bit
// values independently; a 32-bit instruction keeps only the former.
#include <array>
#include <bit>

#include "verifier/bounds.h"

namespace bpftwin::verifier {

namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

template <class T>
bool add_overflows(T a, T b, T& sum) {
    return __builtin_add_overflow(a, b, &sum);
}
template <class T>
bool sub_overflows(T a, T b, T& difference) {
    return __builtin_sub_overflow(a, b, &difference);
}
template <class T>
bool mul_overflows(T a, T b, T& product) {
    return __builtin_mul_overflow(a, b, &product);
}

// Unsigned bounds stay a range where both wrap around, or none.

template <class U>
void add_bounds(Bounds<U> dst, Bounds<U> src) {
    const bool smin_overflows = add_overflows(dst.smin, src.smin, dst.smin);
    const bool smax_overflows = add_overflows(dst.smax, src.smax, dst.smax);
    if (smin_overflows || smax_overflows) dst.forget_signed();
    const bool umin_wraps = add_overflows(dst.umin, src.umin, dst.umin);
    const bool umax_wraps = add_overflows(dst.umax, src.umax, dst.umax);
    if (umin_wraps != umax_wraps) dst.forget_unsigned();
}

template <class U>
void sub_bounds(Bounds<U> dst, Bounds<U> src) {
    const bool smin_overflows = sub_overflows(dst.smin, src.smax, dst.smin);
    const bool smax_overflows = sub_overflows(dst.smax, src.smin, dst.smax);
    if (smin_overflows || smax_overflows) dst.forget_signed();
    const bool umin_wraps = sub_overflows(dst.umin, src.umax, dst.umin);
    const bool umax_wraps = sub_overflows(dst.umax, src.umin, dst.umax);
    if (umin_wraps != umax_wraps) dst.forget_unsigned();
}

/// Signed products are bounded by those of the corners.
template <class U>
void mul_signed_bounds(Bounds<U> dst, Bounds<U> src) {
    std::array<std::make_signed_t<U>, 4> corners;
    if (mul_overflows(dst.smin, src.smin, corners[0]) ||
        mul_overflows(dst.smin, src.smax, corners[1]) ||
        mul_overflows(dst.smax, src.smin, corners[2]) ||
        mul_overflows(dst.smax, src.smax, corners[3])) {
        dst.forget_signed();
    } else {
        const auto [min, max] = std::ranges::minmax(corners);
        dst.assign_signed(min, max);
    }
}

template <class U>
void mul_bounds(Bounds<U> dst, Bounds<U> src) {
    const bool umin_wraps = mul_overflows(dst.umin, src.umin, dst.umin);
    const bool umax_wraps = mul_overflows(dst.umax, src.umax, dst.umax);
    if (umin_wraps || umax_wraps) dst.forget_unsigned();
    mul_signed_bounds(dst, src);
}

// Of bitwise operations one bound follows from the known bits of the result.

template <class U>
void and_bounds(Bounds<U> dst, Bounds<U> src, Tnum result) {
    dst.assign(static_cast<U>(result.min()), std::min(dst.umax, src.umax));
}
template <class U>
void or_bounds(Bounds<U> dst, Bounds<U> src, Tnum result) {
    dst.assign(std::max(dst.umin, src.umin), static_cast<U>(result.max()));
}
template <class U>
void xor_bounds(Bounds<U> dst, Bounds<U>, Tnum result) {
    dst.assign(static_cast<U>(result.min()), static_cast<U>(result.max()));
}

void alu_add(Scalar& dst, Scalar& src) {
    add_bounds(bounds<u32>(dst), bounds<u32>(src));
    add_bounds(bounds<u64>(dst), bounds<u64>(src));
    dst.var_off = tnum_add(dst.var_off, src.var_off);
}
void alu_sub(Scalar& dst, Scalar& src) {
    sub_bounds(bounds<u32>(dst), bounds<u32>(src));
    sub_bounds(bounds<u64>(dst), bounds<u64>(src));
    dst.var_off = tnum_sub(dst.var_off, src.var_off);
}
void alu_mul(Scalar& dst, Scalar& src) {
    mul_bounds(bounds<u32>(dst), bounds<u32>(src));
    mul_bounds(bounds<u64>(dst), bounds<u64>(src));
    dst.var_off = tnum_mul(dst.var_off, src.var_off);
}
void alu_neg(Scalar& dst, Scalar&) {
    Scalar value = dst;
    dst = Scalar::constant(0);
    alu_sub(dst, value);
}

void alu_and(Scalar& dst, Scalar& src) {
    dst.var_off = tnum_and(dst.var_off, src.var_off);
    and_bounds(bounds<u32>(dst), bounds<u32>(src), known_bits<u32>(dst));
    and_bounds(bounds<u64>(dst), bounds<u64>(src), dst.var_off);
    update_all_bounds(dst);
}
void alu_or(Scalar& dst, Scalar& src) {
    dst.var_off = tnum_or(dst.var_off, src.var_off);
    or_bounds(bounds<u32>(dst), bounds<u32>(src), known_bits<u32>(dst));
    or_bounds(bounds<u64>(dst), bounds<u64>(src), dst.var_off);
    update_all_bounds(dst);
}
void alu_xor(Scalar& dst, Scalar& src) {
    dst.var_off = tnum_xor(dst.var_off, src.var_off);
    xor_bounds(bounds<u32>(dst), bounds<u32>(src), known_bits<u32>(dst));
    xor_bounds(bounds<u64>(dst), bounds<u64>(src), dst.var_off);
    update_all_bounds(dst);
}

// Shifts, by a count that is known and less than the width.

/// Unsigned bounds shift where no bit is lost but the last that was not set.
template <class U>
void lsh_unsigned_bounds(Bounds<U> dst, unsigned count) {
    constexpr unsigned top = Bounds<U>::bits - 1;
    if (count > top || dst.umax > U{1} << (top - count)) {
        dst.forget_unsigned();
    } else {
        dst.assign_unsigned(dst.umin << count, dst.umax << count);
    }
}

void lsh32(Scalar& dst, unsigned count) {
    bounds<u32>(dst).forget_signed();
    lsh_unsigned_bounds(bounds<u32>(dst), count);
    dst.var_off = tnum_subreg(tnum_lshift(dst.var_off, count));
    update_bounds<u32>(dst);
}

void lsh64(Scalar& dst, unsigned count) {
    const auto wide = bounds<u64>(dst);
    wide.forget_signed();
    // With an arithmetic shift back this is how compilers extend the sign of a low half.
    if (count == 32)
        wide.assign_signed(std::int64_t{dst.s32_min} << 32, std::int64_t{dst.s32_max} << 32);
    lsh_unsigned_bounds(wide, count);
    bounds<u32>(dst).forget_signed();
    lsh_unsigned_bounds(bounds<u32>(dst), count);
    dst.var_off = tnum_lshift(dst.var_off, count);
    update_all_bounds(dst);
}

template <class U>
void rsh_bounds(Bounds<U> dst, unsigned count) {
    dst.forget_signed();
    dst.assign_unsigned(dst.umin >> count, dst.umax >> count);
}

void rsh32(Scalar& dst, unsigned count) {
    rsh_bounds(bounds<u32>(dst), count);
    dst.var_off = tnum_rshift(tnum_subreg(dst.var_off), count);
    update_bounds<u32>(dst);
}

void rsh64(Scalar& dst, unsigned count) {
    rsh_bounds(bounds<u64>(dst), count);
    dst.var_off = tnum_rshift(dst.var_off, count);
    dst.forget_32_bounds();
    update_all_bounds(dst);
}

template <class U>
void arsh_bounds(Bounds<U> dst, unsigned count) {
    dst.forget_unsigned();
    dst.assign_signed(dst.smin >> count, dst.smax >> count);
}

void arsh32(Scalar& dst, unsigned count) {
    arsh_bounds(bounds<u32>(dst), count);
    dst.var_off = tnum_arshift(dst.var_off, count, 32);
    update_bounds<u32>(dst);
}

void arsh64(Scalar& dst, unsigned count) {
    arsh_bounds(bounds<u64>(dst), count);
    dst.var_off = tnum_arshift(dst.var_off, count, 64);
    dst.forget_32_bounds();
    update_all_bounds(dst);
}

using Binary = void (*)(Scalar& dst, Scalar& src);
using Shift = void (*)(Scalar& dst, unsigned count);

/// How the kernel computes an operation; with neither, the result is unknown.
struct Rule {
    Binary binary = nullptr;
    Shift shift32 = nullptr;
    Shift shift64 = nullptr;
};

/// By the high half of an instruction's code.
constexpr auto rules = [] {
    std::array<Rule, 16> by_code{};
    by_code[0x0] = {.binary = alu_add};
    by_code[0x1] = {.binary = alu_sub};
    by_code[0x2] = {.binary = alu_mul};
    by_code[0x4] = {.binary = alu_or};
    by_code[0x5] = {.binary = alu_and};
    by_code[0x6] = {.shift32 = lsh32, .shift64 = lsh64};
    by_code[0x7] = {.shift32 = rsh32, .shift64 = rsh64};
    by_code[0x8] = {.binary = alu_neg};
    by_code[0xa] = {.binary = alu_xor};
    by_code[0xc] = {.shift32 = arsh32, .shift64 = arsh64};
    return by_code;
}();

/// Whether the operand is one value at that width, by every fact but its own high half's.
bool is_known_count(const Scalar& src, unsigned bits) {
    const bool known =
        bits == 64 ? src.is_const() && src.umin == src.umax && src.smin == src.smax
                   : src.is_const32() && src.u32_min == src.u32_max && src.s32_min == src.s32_max;
    return known && src.umax < bits;
}

/// @return whether something is known of the result.
bool compute(const Rule& rule, unsigned bits, Scalar& dst, Scalar src) {
    if (rule.binary != nullptr) {
        rule.binary(dst, src);
        return true;
    }
    const Shift shift = bits == 64 ? rule.shift64 : rule.shift32;
    if (shift == nullptr || !is_known_count(src, bits)) return false;
    shift(dst, static_cast<unsigned>(src.umin));
    return true;
}

/// Whether the row swaps bytes on this machine; else it only truncates (scalar_byte_swap).
bool swaps_bytes(const OpInfo& row) {
    const bool to_big_endian = row.code == info(Op::be64).code;
    return row.code == info(Op::bswap64).code ||
           to_big_endian == (std::endian::native == std::endian::little);
}

void change_byte_order(const OpInfo& row, Scalar& dst) {
    if (swaps_bytes(row)) {
        const Tnum swapped = tnum_bswap(dst.var_off, row.bits);
        dst = Scalar::unknown();
        dst.var_off = swapped;
    }
    dst.truncate(row.bits / 8U);
    dst.sync();
}

}  // namespace

void apply(Op op, Scalar& dst, const Scalar& src) {
    const OpInfo& row = info(op);
    if (row.family == Family::end) {
        change_byte_order(row, dst);
    } else if (!compute(rules[row.code >> 4], row.bits, dst, src)) {
        dst = Scalar::unknown();
    } else if (row.bits == 32) {
        dst.zero_extend_32();
    } else {
        dst.sync();
    }
}

}  // namespace bpftwin::verifier
