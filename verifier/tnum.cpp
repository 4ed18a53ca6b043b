#include "verifier/tnum.h"

namespace bpftwin::verifier {

// By hand, bit by bit of `a`: what an unknown bit adds is nothing, or `b`.
Tnum tnum_mul(Tnum a, Tnum b) {
    Tnum sum = tnum_const(0);
    for (; a.max() != 0; a = tnum_rshift(a, 1), b = tnum_lshift(b, 1)) {
        if ((a.value & 1) != 0) sum = tnum_add(sum, b);
        if ((a.mask & 1) != 0) sum = tnum_union(sum, tnum_add(sum, b));
    }
    return sum;
}

Tnum tnum_arshift(Tnum a, unsigned shift, unsigned bits) {
    const auto shifted = [&](std::uint64_t half) {
        const auto extended = static_cast<std::int64_t>(half << (64 - bits)) >> (64 - bits);
        return static_cast<std::uint64_t>(extended >> shift) & low_bits(bits);
    };
    return {shifted(a.value), shifted(a.mask)};
}

Tnum tnum_bswap(Tnum a, unsigned bits) {
    return {std::byteswap(a.value) >> (64 - bits), std::byteswap(a.mask) >> (64 - bits)};
}

}  // namespace bpftwin::verifier
