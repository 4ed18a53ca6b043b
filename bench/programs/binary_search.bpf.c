// Searching: looks up pseudo-random numbers in the input, a sorted array of 32-bit words.
#include "bench/programs/bench.h"

#define SEARCHES 1024

static inline u64 lower_bound(const u8* data, u64 count, u32 wanted) {
    u64 low = 0;
    u64 high = count;
    while (low < high) {
        u64 middle = (low + high) / 2;
        if (load32(data + middle * 4) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

PROGRAM(binary_search) {
    u64 count = size / 4;
    u32 wanted = load32(data);
    u64 sum = 0;
    for (int search = 0; search < SEARCHES; ++search) {
        wanted = wanted * 1664525 + 1013904223;
        sum = sum * 3 + lower_bound(data, count, wanted);
    }
    return sum;
}
