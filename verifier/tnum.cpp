// Arithmetic on sets of values of which some bits are known (kernel/bpf/tnum.c).
#include "verifier/tnum.h"

#include <bit>

namespace bpftwin::verifier {

namespace {

/// Members have the bits of `value` but where `unknown` says that they need not.
constexpr Tnum known_but(std::uint64_t value, std::uint64_t unknown) {
    return {value & ~unknown, unknown};
}

constexpr std::int64_t sign_extended(std::uint64_t value, unsigned bits) {
    return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

constexpr std::uint64_t low_bits(unsigned bits) {
    return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

}  // namespace

Tnum tnum_range(std::uint64_t min, std::uint64_t max) {
    return known_but(min, low_bits(static_cast<unsigned>(std::bit_width(min ^ max))));
}

Tnum tnum_add(Tnum a, Tnum b) {
    const std::uint64_t least = a.value + b.value;
    const std::uint64_t carries = least ^ (least + a.mask + b.mask);
    return known_but(least, carries | a.mask | b.mask);
}

Tnum tnum_sub(Tnum a, Tnum b) {
    const std::uint64_t difference = a.value - b.value;
    const std::uint64_t borrows = (difference + a.mask) ^ (difference - b.mask);
    return known_but(difference, borrows | a.mask | b.mask);
}

Tnum tnum_neg(Tnum a) { return tnum_sub(tnum_const(0), a); }

Tnum tnum_and(Tnum a, Tnum b) {
    const std::uint64_t ones = a.value & b.value;
    return {ones, a.max() & b.max() & ~ones};
}

Tnum tnum_or(Tnum a, Tnum b) {
    const std::uint64_t ones = a.value | b.value;
    return {ones, (a.mask | b.mask) & ~ones};
}

Tnum tnum_xor(Tnum a, Tnum b) { return known_but(a.value ^ b.value, a.mask | b.mask); }

// By hand, bit by bit of `a`: what an unknown bit adds is nothing, or `b`.
Tnum tnum_mul(Tnum a, Tnum b) {
    Tnum sum = tnum_const(0);
    for (; a.max() != 0; a = tnum_rshift(a, 1), b = tnum_lshift(b, 1)) {
        if ((a.value & 1) != 0) sum = tnum_add(sum, b);
        if ((a.mask & 1) != 0) sum = tnum_union(sum, tnum_add(sum, b));
    }
    return sum;
}

Tnum tnum_lshift(Tnum a, unsigned shift) { return {a.value << shift, a.mask << shift}; }
Tnum tnum_rshift(Tnum a, unsigned shift) { return {a.value >> shift, a.mask >> shift}; }

Tnum tnum_arshift(Tnum a, unsigned shift, unsigned bits) {
    const auto shifted = [&](std::uint64_t half) {
        return static_cast<std::uint64_t>(sign_extended(half, bits) >> shift) & low_bits(bits);
    };
    return {shifted(a.value), shifted(a.mask)};
}

Tnum tnum_bswap(Tnum a, unsigned bits) {
    return {std::byteswap(a.value) >> (64 - bits), std::byteswap(a.mask) >> (64 - bits)};
}

Tnum tnum_intersect(Tnum a, Tnum b) { return known_but(a.value | b.value, a.mask & b.mask); }

Tnum tnum_union(Tnum a, Tnum b) {
    return known_but(a.value, a.mask | b.mask | (a.value ^ b.value));
}

bool tnum_overlap(Tnum a, Tnum b) { return ((a.value ^ b.value) & ~(a.mask | b.mask)) == 0; }

std::uint64_t tnum_next(Tnum a, std::uint64_t value) {
    if (value >= a.max()) return a.max();
    if (value < a.min()) return a.min();
    // From the highest bit on that no member has as `value` has it, bits are those of the least
    // member, or, where `value` is above it, all set before one is added to the unknown bits.
    const std::uint64_t wrong = (value ^ a.value) & ~a.mask;
    const std::uint64_t low = low_bits(static_cast<unsigned>(std::bit_width(wrong)));
    if ((value & wrong) < (a.value & wrong)) return a.value | (value & ~low & a.mask);
    return a.value | (((value | low | ~a.mask) + 1) & a.mask);
}

bool tnum_in(Tnum a, Tnum b) { return (b.mask & ~a.mask) == 0 && a.contains(b.value); }

Tnum tnum_cast(Tnum a, unsigned size) {
    return {a.value & low_bits(8 * size), a.mask & low_bits(8 * size)};
}

Tnum tnum_subreg(Tnum a) { return tnum_cast(a, 4); }
Tnum tnum_clear_subreg(Tnum a) { return {a.value & ~low_bits(32), a.mask & ~low_bits(32)}; }

Tnum tnum_with_subreg(Tnum a, Tnum subreg) {
    return tnum_or(tnum_clear_subreg(a), tnum_subreg(subreg));
}

}  // namespace bpftwin::verifier
