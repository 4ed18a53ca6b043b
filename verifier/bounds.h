// The four bounds of a Scalar at one width, so that what the kernel does alike for 64-bit values
// and low halves stands once. For the files of Scalar only.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <type_traits>

#include "verifier/scalar.h"

namespace bpftwin::verifier {

/// A view of the bounds of one Scalar as a U: std::uint64_t, or std::uint32_t of its low half.
template <class U>
struct Bounds {
    using S = std::make_signed_t<U>;
    static constexpr U bits = std::numeric_limits<U>::digits;

    U& umin;
    U& umax;
    S& smin;
    S& smax;

    void forget_unsigned() const { assign_unsigned(0, std::numeric_limits<U>::max()); }
    void forget_signed() const {
        assign_signed(std::numeric_limits<S>::min(), std::numeric_limits<S>::max());
    }
    void forget() const { forget_unsigned(), forget_signed(); }

    void assign_unsigned(U min, U max) const { umin = min, umax = max; }
    void assign_signed(S min, S max) const { smin = min, smax = max; }
    /// Both from what is known of the value as unsigned, if it says something of it as signed.
    void assign(U min, U max) const {
        assign_unsigned(min, max);
        forget_signed();
        if (static_cast<S>(min) <= static_cast<S>(max)) {
            assign_signed(static_cast<S>(min), static_cast<S>(max));
        }
    }

    void meet_unsigned(U min, U max) const {
        assign_unsigned(std::max(umin, min), std::min(umax, max));
    }
    void meet_signed(S min, S max) const {
        assign_signed(std::max(smin, min), std::min(smax, max));
    }
    /// Narrows both to values between min and max, a range in either reading where it is ordered.
    void meet(U min, U max) const {
        if (min <= max) meet_unsigned(min, max);
        if (static_cast<S>(min) <= static_cast<S>(max)) {
            meet_signed(static_cast<S>(min), static_cast<S>(max));
        }
    }
};

template <class U>
Bounds<U> bounds(Scalar& scalar) {
    if constexpr (sizeof(U) == 8) {
        return {scalar.umin, scalar.umax, scalar.smin, scalar.smax};
    } else {
        return {scalar.u32_min, scalar.u32_max, scalar.s32_min, scalar.s32_max};
    }
}

/// The known bits of a value as a U.
template <class U>
Tnum known_bits(const Scalar& scalar) {
    return sizeof(U) == 8 ? scalar.var_off : tnum_subreg(scalar.var_off);
}

/// Draws from the known bits what they say of the bounds of one width.
template <class U>
void update_bounds(Scalar& scalar) {
    using S = std::make_signed_t<U>;
    constexpr auto sign = static_cast<U>(std::numeric_limits<S>::min());
    const Tnum known = known_bits<U>(scalar);
    const auto ones = static_cast<U>(known.min());
    const auto unknown = static_cast<U>(known.mask);
    bounds<U>(scalar).meet_unsigned(ones, ones | unknown);
    bounds<U>(scalar).meet_signed(static_cast<S>(ones | (unknown & sign)),
                                  static_cast<S>(ones | (unknown & ~sign)));
}

/// The value which alone both the bits and the unsigned bounds allow, if it is seen.
inline std::optional<std::uint64_t> only_value(const Scalar& scalar) {
    const Tnum bits = scalar.var_off;
    const std::uint64_t next = tnum_next(bits, scalar.umin);
    if (bits.contains(scalar.umin))
        return next > scalar.umax ? std::optional(scalar.umin) : std::nullopt;
    const bool is_last = next == bits.max();
    const bool is_alone = next <= scalar.umax && tnum_next(bits, next) > scalar.umax;
    return is_last || is_alone ? std::optional(next) : std::nullopt;
}

/// The same at both widths; a value that is the only one left becomes known
/// (__update_reg_bounds).
inline void update_all_bounds(Scalar& scalar) {
    update_bounds<std::uint32_t>(scalar);
    update_bounds<std::uint64_t>(scalar);
    if (const auto value = only_value(scalar)) scalar = Scalar::constant(*value);
}

}  // namespace bpftwin::verifier
