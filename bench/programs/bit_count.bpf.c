// Bit counting: one step per set bit, then the position of the lowest one.
#include "bench/programs/bench.h"

static inline u32 ones(u64 word) {
    u32 count = 0;
    for (; word; word &= word - 1) ++count;
    return count;
}

static inline u32 lowest(u64 word) {
    u32 position = 0;
    for (; !(word & 1) && position < 64; word >>= 1) ++position;
    return position;
}

PROGRAM(bit_count) {
    u64 result = 0;
    for (u64 at = 0; at + 8 <= size; at += 8) {
        u64 word = load64(data + at) ^ result;
        result += (u64)ones(word) << 8 | lowest(word);
    }
    return result;
}
