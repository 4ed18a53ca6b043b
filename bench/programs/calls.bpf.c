// Calls: three levels of functions that neither compiler may inline.
#include "bench/programs/bench.h"

NOINLINE u64 mix(u64 a, u64 b) { return (a ^ b >> 7) * 0x9e3779b97f4a7c15ULL; }

NOINLINE u64 pair(u64 a, u64 b) { return mix(a, b) + mix(b, a); }

NOINLINE u64 quad(u64 a, u64 b, u64 c, u64 d) { return pair(a, b) ^ pair(c, d); }

PROGRAM(calls) {
    u64 sum = 0;
    for (u64 at = 0; at + 16 <= size; at += 16)
        sum = quad(sum, load64(data + at), load64(data + at + 8), at);
    return sum;
}
