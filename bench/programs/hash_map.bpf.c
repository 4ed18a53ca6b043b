// Map access: packets and bytes per flow in a hash map, then a second pass that reads them back.
#include "bench/programs/bench.h"

struct flow {
    u32 source;
    u32 port;
};

MAP(flows, HASH, struct flow, u64, 1024);

static inline struct flow flow_of(u32 word) {
    return (struct flow){.source = word & 31, .port = word >> 8 & 31};
}

PROGRAM(hash_map) {
    for (u64 at = 0; at + 4 <= size; at += 4) {
        struct flow key = flow_of(load32(data + at));
        u64 value = load32(data + at);
        bpf_map_update_elem(&flows, &key, &value, BPF_ANY);
    }
    u64 sum = 0;
    for (u64 at = 0; at + 4 <= size; at += 4) {
        struct flow key = flow_of(load32(data + at));
        u64* value = bpf_map_lookup_elem(&flows, &key);
        if (value) sum = sum * 3 + *value;
    }
    return sum;
}
