// Encoding: base64 of the input, folded into a checksum instead of stored.
#include "bench/programs/bench.h"

static const u8 alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static inline u64 fold(u64 sum, u32 digit) { return rotate64(sum, 5) ^ alphabet[digit & 63]; }

PROGRAM(base64) {
    u64 sum = 0;
    for (u64 at = 0; at + 3 <= size; at += 3) {
        u32 group = (u32)data[at] << 16 | (u32)data[at + 1] << 8 | data[at + 2];
        sum = fold(sum, group >> 18);
        sum = fold(sum, group >> 12);
        sum = fold(sum, group >> 6);
        sum = fold(sum, group);
    }
    return sum;
}
