// Tracked numbers: what is known of a value bit by bit (Linux kernel/bpf/tnum.c).
#pragma once

#include <bit>
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

/// Members have the bits of `value` but where `unknown` says that they need not.
constexpr Tnum tnum_known_but(std::uint64_t value, std::uint64_t unknown) {
    return {value & ~unknown, unknown};
}
/// @param bits 0 to 64.
constexpr std::uint64_t low_bits(unsigned bits) {
    return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

inline constexpr Tnum tnum_unknown{0, ~std::uint64_t{0}};
constexpr Tnum tnum_const(std::uint64_t value) { return {value, 0}; }
/// The smallest set that holds all of min to max.
constexpr Tnum tnum_range(std::uint64_t min, std::uint64_t max) {
    return tnum_known_but(min, low_bits(static_cast<unsigned>(std::bit_width(min ^ max))));
}

constexpr Tnum tnum_add(Tnum a, Tnum b) {
    const std::uint64_t least = a.value + b.value;
    const std::uint64_t carries = least ^ (least + a.mask + b.mask);
    return tnum_known_but(least, carries | a.mask | b.mask);
}
constexpr Tnum tnum_sub(Tnum a, Tnum b) {
    const std::uint64_t difference = a.value - b.value;
    const std::uint64_t borrows = (difference + a.mask) ^ (difference - b.mask);
    return tnum_known_but(difference, borrows | a.mask | b.mask);
}
constexpr Tnum tnum_neg(Tnum a) { return tnum_sub(tnum_const(0), a); }
constexpr Tnum tnum_and(Tnum a, Tnum b) {
    const std::uint64_t ones = a.value & b.value;
    return {ones, a.max() & b.max() & ~ones};
}
constexpr Tnum tnum_or(Tnum a, Tnum b) {
    const std::uint64_t ones = a.value | b.value;
    return {ones, (a.mask | b.mask) & ~ones};
}
constexpr Tnum tnum_xor(Tnum a, Tnum b) {
    return tnum_known_but(a.value ^ b.value, a.mask | b.mask);
}
Tnum tnum_mul(Tnum a, Tnum b);
constexpr Tnum tnum_lshift(Tnum a, unsigned shift) { return {a.value << shift, a.mask << shift}; }
constexpr Tnum tnum_rshift(Tnum a, unsigned shift) { return {a.value >> shift, a.mask >> shift}; }
/// @param bits 32: the low half is shifted, the high half becomes 0; or 64.
Tnum tnum_arshift(Tnum a, unsigned shift, unsigned bits);
/// The bytes of the low `bits` in reverse order, zero-extended. @param bits 16, 32 or 64.
Tnum tnum_bswap(Tnum a, unsigned bits);

/// Members of both; where they contradict each other in a bit, any of the two (as the kernel).
constexpr Tnum tnum_intersect(Tnum a, Tnum b) {
    return tnum_known_but(a.value | b.value, a.mask & b.mask);
}
/// The smallest set with the members of both.
constexpr Tnum tnum_union(Tnum a, Tnum b) {
    return tnum_known_but(a.value, a.mask | b.mask | (a.value ^ b.value));
}
/// Whether some value is a member of both.
constexpr bool tnum_overlap(Tnum a, Tnum b) {
    return ((a.value ^ b.value) & ~(a.mask | b.mask)) == 0;
}
/// The least member above `value`; where none is, the greatest (tnum_step).
constexpr std::uint64_t tnum_next(Tnum a, std::uint64_t value) {
    if (value >= a.max()) return a.max();
    if (value < a.min()) return a.min();
    // From the highest bit on that no member has as `value` has it, bits are those of the least
    // member, or, where `value` is above it, all set before one is added to the unknown bits.
    const std::uint64_t wrong = (value ^ a.value) & ~a.mask;
    const std::uint64_t low = low_bits(static_cast<unsigned>(std::bit_width(wrong)));
    if ((value & wrong) < (a.value & wrong)) return a.value | (value & ~low & a.mask);
    return a.value | (((value | low | ~a.mask) + 1) & a.mask);
}
/// Whether every member of `b` is one of `a`.
constexpr bool tnum_in(Tnum a, Tnum b) { return (b.mask & ~a.mask) == 0 && a.contains(b.value); }

/// The low `size` bytes, zero-extended.
constexpr Tnum tnum_cast(Tnum a, unsigned size) {
    return {a.value & low_bits(8 * size), a.mask & low_bits(8 * size)};
}
/// The low half; all but the low half; `a` with the low half of `subreg`.
constexpr Tnum tnum_subreg(Tnum a) { return tnum_cast(a, 4); }
constexpr Tnum tnum_clear_subreg(Tnum a) {
    return {a.value & ~low_bits(32), a.mask & ~low_bits(32)};
}
constexpr Tnum tnum_with_subreg(Tnum a, Tnum subreg) {
    return tnum_or(tnum_clear_subreg(a), tnum_subreg(subreg));
}

}  // namespace bpftwin::verifier
