// Division: greatest common divisors of neighbouring words by Euclid's algorithm.
#include "bench/programs/bench.h"

static inline u32 gcd_of(u32 a, u32 b) {
    while (b) {
        u32 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

PROGRAM(gcd) {
    u64 sum = 0;
    for (u64 at = 0; at + 8 <= size; at += 8)
        sum = sum * 5 + gcd_of(load32(data + at), load32(data + at + 4));
    return sum;
}
