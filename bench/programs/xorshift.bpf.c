// Random numbers: a 64-bit xorshift generator, stirred by the input.
#include "bench/programs/bench.h"

static inline u64 step(u64 state) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^ state << 17;
}

PROGRAM(xorshift) {
    u64 state = 0x2545f4914f6cdd1dULL;
    for (u64 at = 0; at + 8 <= size; at += 8) state = step(step(state) + load64(data + at));
    return state;
}
