// Tracked numbers: what is known of a value bit by bit (Linux kernel/bpf/tnum.c).
#pragma once

#include <cstdint>

namespace bpftwin::verifier {

/// A set of 64-bit values: bit i is known to be that of `value` unless it is set in `mask`. A bit
/// set in both makes no sense and is never produced. Every operation gives a set that holds all
/// results of the operation on members of its arguments, and is no larger than the kernel's.
struct Tnum {
    std::uint64_t value = 0;
    std::uint64_t mask = 0;

    friend constexpr bool operator==(const Tnum&, const Tnum&) = default;

    [[nodiscard]] constexpr bool is_const() const { return mask == 0; }
    [[nodiscard]] constexpr bool is_unknown() const { return mask == ~std::uint64_t{0}; }
    [[nodiscard]] constexpr std::uint64_t min() const { return value; }
    [[nodiscard]] constexpr std::uint64_t max() const { return value | mask; }
    [[nodiscard]] constexpr bool contains(std::uint64_t x) const { return (x & ~mask) == value; }
    /// Whether every member is a multiple of `size`, a power of two.
    [[nodiscard]] constexpr bool is_aligned(std::uint64_t size) const {
        return ((value | mask) & (size - 1)) == 0;
    }
};

inline constexpr Tnum tnum_unknown{0, ~std::uint64_t{0}};
constexpr Tnum tnum_const(std::uint64_t value) { return {value, 0}; }
/// The smallest set that holds all of min to max.
Tnum tnum_range(std::uint64_t min, std::uint64_t max);

Tnum tnum_add(Tnum a, Tnum b);
Tnum tnum_sub(Tnum a, Tnum b);
Tnum tnum_neg(Tnum a);
Tnum tnum_and(Tnum a, Tnum b);
Tnum tnum_or(Tnum a, Tnum b);
Tnum tnum_xor(Tnum a, Tnum b);
Tnum tnum_mul(Tnum a, Tnum b);
Tnum tnum_lshift(Tnum a, unsigned shift);
Tnum tnum_rshift(Tnum a, unsigned shift);
/// @param bits 32: the low half is shifted, the high half becomes 0; or 64.
Tnum tnum_arshift(Tnum a, unsigned shift, unsigned bits);
/// The bytes of the low `bits` in reverse order, zero-extended. @param bits 16, 32 or 64.
Tnum tnum_bswap(Tnum a, unsigned bits);

/// Members of both; where they contradict each other in a bit, any of the two (as the kernel).
Tnum tnum_intersect(Tnum a, Tnum b);
/// The smallest set with the members of both.
Tnum tnum_union(Tnum a, Tnum b);
/// Whether some value is a member of both.
bool tnum_overlap(Tnum a, Tnum b);
/// The least member above `value`; where none is, the greatest (tnum_step).
std::uint64_t tnum_next(Tnum a, std::uint64_t value);
/// Whether every member of `b` is one of `a`.
bool tnum_in(Tnum a, Tnum b);

/// The low `size` bytes, zero-extended.
Tnum tnum_cast(Tnum a, unsigned size);
/// The low half; all but the low half; `a` with the low half of `subreg`.
Tnum tnum_subreg(Tnum a);
Tnum tnum_clear_subreg(Tnum a);
Tnum tnum_with_subreg(Tnum a, Tnum subreg);

}  // namespace bpftwin::verifier
