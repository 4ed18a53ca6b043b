// Facts about a number: how each is drawn from the others, and what changes of width leave
// (kernel/bpf/verifier.c: reg_bounds_sync and below, coerce_reg_to_size and its siblings).
#include "verifier/scalar.h"

#include "verifier/bounds.h"

namespace bpftwin::verifier {

namespace {

using s32 = std::int32_t;
using s64 = std::int64_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u32 high(u64 value) { return static_cast<u32>(value >> 32); }
constexpr u64 with_low(u64 value, u32 low) { return (value & ~u64{~u32{0}}) | low; }

/// Narrows the low half to what it is in 64-bit values from min to max: a range where the high
/// half is the same in all; where it is one of two neighbours, a signed range if the low half goes
/// from negative to positive.
void meet_low_halves(Bounds<u32> low, u64 min, u64 max) {
    const auto first = static_cast<u32>(min);
    const auto last = static_cast<u32>(max);
    const u32 steps = high(max) - high(min);
    if (steps == 0) low.meet(first, last);
    if (steps == 1 && static_cast<s32>(first) < 0 && static_cast<s32>(last) >= 0) {
        low.meet_signed(static_cast<s32>(first), static_cast<s32>(last));
    }
}

/// Uses bounds as signed value to narrow those as unsigned value, and vice versa. A range that
/// crosses the other reading's wrap-around falls into two pieces there; it says something where
/// the other range overlaps with only one of them.
template <class U>
void deduce_signs(Bounds<U> b) {
    using S = std::make_signed_t<U>;
    if (static_cast<S>(b.umin) <= static_cast<S>(b.umax)) {
        b.meet_signed(static_cast<S>(b.umin), static_cast<S>(b.umax));
    }
    const auto smin = static_cast<U>(b.smin);
    const auto smax = static_cast<U>(b.smax);
    if (smin <= smax) {
        b.meet_unsigned(smin, smax);
    } else if (b.umax < smin) {
        b.smin = static_cast<S>(b.umin);
        b.umax = std::min(b.umax, smax);
    } else if (smax < b.umin) {
        b.smax = static_cast<S>(b.umax);
        b.umin = std::max(b.umin, smin);
    }
}

void deduce_low_half(Scalar& scalar) {
    const auto low = bounds<u32>(scalar);
    // Also out of order, as on paths that are never taken.
    if (high(scalar.umin) == high(scalar.umax)) {
        low.meet_unsigned(static_cast<u32>(scalar.umin), static_cast<u32>(scalar.umax));
    }
    meet_low_halves(low, scalar.umin, scalar.umax);
    meet_low_halves(low, static_cast<u64>(scalar.smin), static_cast<u64>(scalar.smax));
    deduce_signs(low);
}

/// Narrows 64-bit bounds whose low halves are not from min to max.
void meet_halves(Bounds<u64> b, u32 min, u32 max) {
    b.meet_unsigned(with_low(b.umin, min), with_low(b.umax, max));
    b.meet_signed(static_cast<s64>(with_low(static_cast<u64>(b.smin), min)),
                  static_cast<s64>(with_low(static_cast<u64>(b.smax), max)));
}

/// The low half is not negative and the value fits it as signed number: the high half is 0.
bool is_positive_s32(const Scalar& scalar) {
    return scalar.s32_min >= 0 && scalar.smin >= std::numeric_limits<s32>::min() &&
           scalar.smax <= std::numeric_limits<s32>::max();
}

void deduce_from_low_half(Scalar& scalar) {
    const auto wide = bounds<u64>(scalar);
    meet_halves(wide, scalar.u32_min, scalar.u32_max);
    const auto min = static_cast<u32>(scalar.s32_min);
    const auto max = static_cast<u32>(scalar.s32_max);
    if (min <= max) meet_halves(wide, min, max);
    if (!is_positive_s32(scalar)) return;
    wide.assign_signed(scalar.s32_min, scalar.s32_max);
    wide.assign_unsigned(static_cast<u64>(scalar.smin), static_cast<u64>(scalar.smax));
    scalar.var_off = tnum_intersect(scalar.var_off, tnum_range(scalar.umin, scalar.umax));
}

void deduce_bounds(Scalar& scalar) {
    deduce_low_half(scalar);
    deduce_signs(bounds<u64>(scalar));
    deduce_from_low_half(scalar);
}

/// Small, not negative, and the same range in every reading: none says more than the others.
/// (The rounds would narrow the bits by them, as is done afterwards in any case.)
bool is_alike_in_all_readings(const Scalar& scalar) {
    const auto min = static_cast<s64>(scalar.umin);
    const auto max = static_cast<s64>(scalar.umax);
    return 0 <= min && min <= max && max <= std::numeric_limits<s32>::max() && scalar.smin == min &&
           scalar.smax == max && scalar.s32_min == min && scalar.s32_max == max &&
           scalar.u32_min == scalar.umin && scalar.u32_max == scalar.umax;
}

/// The kernel's number of rounds, which is not always enough to learn all; but what one round
/// leaves alone, the next leaves alone too.
void deduce_bounds_thrice(Scalar& scalar) {
    for (int round = 0; round < 3; ++round) {
        if (is_alike_in_all_readings(scalar)) return;
        const Scalar before = scalar;
        deduce_bounds(scalar);
        if (scalar == before) return;
    }
}

Tnum bits_from_bounds(const Scalar& scalar) {
    const Tnum wide = tnum_intersect(scalar.var_off, tnum_range(scalar.umin, scalar.umax));
    const Tnum low = tnum_intersect(tnum_subreg(wide), tnum_range(scalar.u32_min, scalar.u32_max));
    return tnum_with_subreg(wide, low);
}

template <class S>
constexpr S sign_extended(S value, unsigned bits) {
    const unsigned above = std::numeric_limits<std::make_unsigned_t<S>>::digits - bits;
    return static_cast<S>(static_cast<std::make_unsigned_t<S>>(value) << above) >> above;
}

/// The signed bounds of the low `bits` bits of a value between smin and smax.
template <class S>
struct Extended {
    S min, max;
    bool same_sign;
};
template <class S>
Extended<S> extended_bounds(S smin, S smax, unsigned bits) {
    const S first = sign_extended(smin, bits);
    const S last = sign_extended(smax, bits);
    if (smin >> bits == smax >> bits && (first < 0) == (last < 0)) {
        return {std::min(first, last), std::max(first, last), true};
    }
    return {sign_extended<S>(S{1} << (bits - 1), bits), (S{1} << (bits - 1)) - 1, false};
}

void extend_to_64(Scalar& scalar, unsigned bits) {
    if (scalar.is_const()) {
        const auto value = static_cast<s64>(scalar.var_off.value);
        scalar = Scalar::constant(static_cast<u64>(sign_extended(value, bits)));
        return;
    }
    const auto [min, max, same_sign] = extended_bounds(scalar.smin, scalar.smax, bits);
    scalar = Scalar::unknown();
    bounds<u64>(scalar).assign_signed(min, max);
    bounds<u32>(scalar).assign_signed(static_cast<s32>(min), static_cast<s32>(max));
    if (!same_sign) return;
    bounds<u64>(scalar).assign_unsigned(static_cast<u64>(min), static_cast<u64>(max));
    bounds<u32>(scalar).assign_unsigned(static_cast<u32>(min), static_cast<u32>(max));
    scalar.var_off = tnum_range(scalar.umin, scalar.umax);
}

void extend_to_32(Scalar& scalar, unsigned bits) {
    if (scalar.is_const()) {
        const auto value = static_cast<s32>(scalar.var_off.value);
        scalar = Scalar::constant(static_cast<u32>(sign_extended(value, bits)));
        return;
    }
    const auto [min, max, same_sign] = extended_bounds(scalar.s32_min, scalar.s32_max, bits);
    const auto low = bounds<u32>(scalar);
    low.forget();
    low.assign_signed(min, max);
    scalar.var_off = tnum_unknown;
    if (!same_sign) return;
    low.assign_unsigned(static_cast<u32>(min), static_cast<u32>(max));
    scalar.var_off = tnum_range(scalar.u32_min, scalar.u32_max);
}

}  // namespace

namespace {

/// What a 32-bit instruction leaves of a value of which nothing is known.
constexpr Scalar any_u32 = {.var_off = {0, std::numeric_limits<u32>::max()},
                            .smin = 0,
                            .smax = std::numeric_limits<u32>::max(),
                            .umin = 0,
                            .umax = std::numeric_limits<u32>::max()};

}  // namespace

bool Scalar::contains(u64 value) const {
    return range_within(*this, constant(value)) && var_off.contains(value);
}

bool Scalar::is_violated() const {
    if (umin > umax || smin > smax || u32_min > u32_max || s32_min > s32_max) return true;
    if (!is_const32()) return false;
    const Scalar known = constant(var_off.value);
    const bool low_is_known = u32_min == known.u32_min && u32_max == known.u32_max &&
                              s32_min == known.s32_min && s32_max == known.s32_max;
    return (is_const() && *this != known) || !low_is_known;
}

void Scalar::sync() {
    // Nothing is learned of the three that are most frequent.
    if (*this == any_u32 || *this == constant(var_off.value) || *this == unknown()) return;
    Scalar known = *this;  // Of its own, so that it stays in registers.
    update_all_bounds(known);
    deduce_bounds_thrice(known);
    known.var_off = bits_from_bounds(known);
    update_all_bounds(known);
    *this = known;
}

void Scalar::forget_64_bounds() { bounds<u64>(*this).forget(); }
void Scalar::forget_32_bounds() { bounds<u32>(*this).forget(); }

void Scalar::zero_extend_32() {
    var_off = tnum_subreg(var_off);
    umin = u32_min;
    umax = u32_max;
    const bool positive = s32_min >= 0 && s32_max >= 0;
    smin = positive ? s32_min : 0;
    smax = positive ? s32_max : std::numeric_limits<u32>::max();
    sync();
}

void Scalar::truncate(unsigned size) {
    if (size == 8) return;
    const u64 low = (u64{1} << (8 * size)) - 1;
    var_off = tnum_cast(var_off, size);
    const bool only_low_differs = (umin & ~low) == (umax & ~low);
    bounds<u64>(*this).assign(only_low_differs ? umin & low : 0,
                              only_low_differs ? umax & low : low);
    if (size < 4) forget_32_bounds();
    sync();
}

void Scalar::sign_extend(unsigned size, unsigned to_bits) {
    if (to_bits == 64) {
        extend_to_64(*this, 8 * size);
    } else {
        extend_to_32(*this, 8 * size);
        zero_extend_32();
    }
}

bool range_within(const Scalar& outer, const Scalar& inner) {
    return outer.umin <= inner.umin && outer.umax >= inner.umax && outer.smin <= inner.smin &&
           outer.smax >= inner.smax && outer.u32_min <= inner.u32_min &&
           outer.u32_max >= inner.u32_max && outer.s32_min <= inner.s32_min &&
           outer.s32_max >= inner.s32_max;
}

}  // namespace bpftwin::verifier
