// Hashing: 32-bit MurmurHash3, 32-bit multiplications and rotations.
#include "bench/programs/bench.h"

static inline u32 scramble(u32 word) { return rotate32(word * 0xcc9e2d51, 15) * 0x1b873593; }

static inline u32 finish(u32 hash) {
    hash = (hash ^ hash >> 16) * 0x85ebca6b;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35;
    return hash ^ hash >> 16;
}

PROGRAM(murmur3) {
    u32 hash = 0;
    for (u64 at = 0; at + 4 <= size; at += 4)
        hash = rotate32(hash ^ scramble(load32(data + at)), 13) * 5 + 0xe6546b64;
    return finish(hash ^ (u32)size);
}
