// A lookup gives a pointer to the value itself, or NULL for a key that is not there.
//! covers: helper map_lookup_elem
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

//! test: what is written through the pointer is in the map
//! run: --prog count --set counts 7 41
//! expect: returned XDP_PASS
//! expect: 7 -> 42
SEC("xdp")
int count(struct xdp_md* ctx) {
    __u32 key = 7;
    __u64* value = bpf_map_lookup_elem(&counts, &key);
    if (!value) return XDP_DROP;
    ++*value;
    return XDP_PASS;
}

//! test: a key that is not there gives NULL and is not made
//! run: --prog miss
//! expect: returned XDP_DROP
//! expect: counts (hash, empty)
SEC("xdp")
int miss(struct xdp_md* ctx) {
    __u32 key = 8;
    return bpf_map_lookup_elem(&counts, &key) ? XDP_PASS : XDP_DROP;
}
