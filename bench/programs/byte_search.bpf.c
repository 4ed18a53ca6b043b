// Memory search: counts where a four-byte needle, taken from the input's end, occurs in it.
#include "bench/programs/bench.h"

#define NEEDLE 4

static inline int matches(const u8* at, const u8* needle) {
    for (int byte = 0; byte < NEEDLE; ++byte)
        if (at[byte] != needle[byte]) return 0;
    return 1;
}

PROGRAM(byte_search) {
    const u8* needle = data + size - NEEDLE;
    u64 found = 0;
    for (u64 at = 0; at + NEEDLE <= size; ++at)
        if (matches(data + at, needle)) found = found * 7 + at;
    return found;
}
