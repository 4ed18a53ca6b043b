// A hash with a value per CPU under each key.
//! covers: map type percpu_hash
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

//! test: an update writes the current CPU's value, the others are zero
//! run: --prog update --cpu 0
//! expect: counts (percpu_hash, 1 of 2 entries)
//! expect: 7 -> cpu0 5
//! expect: seen = {0, -17, 5, [3 ... 7] = 0}
SEC("xdp")
int update(struct xdp_md* ctx) {
    __u32 key = 7;
    __u64 value = 5;
    SEE_INT(0, bpf_map_update_elem(&counts, &key, &value, BPF_ANY));
    SEE_INT(1, bpf_map_update_elem(&counts, &key, &value, BPF_NOEXIST));
    __u64* here = bpf_map_lookup_elem(&counts, &key);
    if (here) SEE(2, *here);
    return XDP_PASS;
}

//! test: a full map takes no new key: -E2BIG
//! run: --prog full --cpu 0
//! expect: counts (percpu_hash, 2 of 2 entries)
//! expect: seen = {0, 0, -7, [3 ... 7] = 0}
SEC("xdp")
int full(struct xdp_md* ctx) {
    __u32 one = 1, two = 2, three = 3;
    __u64 value = 5;
    SEE_INT(0, bpf_map_update_elem(&counts, &one, &value, BPF_ANY));
    SEE_INT(1, bpf_map_update_elem(&counts, &two, &value, BPF_ANY));
    SEE_INT(2, bpf_map_update_elem(&counts, &three, &value, BPF_ANY));
    return XDP_PASS;
}
