// Map access: a histogram of bytes in an array map, one lookup per byte.
#include "bench/programs/bench.h"

#define BUCKETS 64

MAP(histogram, ARRAY, u32, u64, BUCKETS);

PROGRAM(array_map) {
    const u64 zero = 0;
    for (u32 bucket = 0; bucket < BUCKETS; ++bucket)
        bpf_map_update_elem(&histogram, &bucket, &zero, BPF_ANY);
    for (u64 at = 0; at < size; ++at) {
        u32 bucket = data[at] % BUCKETS;
        u64* count = bpf_map_lookup_elem(&histogram, &bucket);
        if (count) ++*count;
    }
    u64 result = 0;
    for (u32 bucket = 0; bucket < BUCKETS; ++bucket) {
        u64* count = bpf_map_lookup_elem(&histogram, &bucket);
        if (count) result = result * 31 + *count;
    }
    return result;
}
