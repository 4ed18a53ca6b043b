// The value that a certain CPU has under a key.
//! covers: helper map_lookup_percpu_elem
//! since: 5.19
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

//! test: the current CPU's value is the one that an ordinary lookup gives
//! run: --cpu 0
//! expect: seen = {1, 0, 0, 5, [4 ... 7] = 0}
SEC("xdp")
int lookup(struct xdp_md* ctx) {
    __u32 key = 1, absent = 2;
    __u64* here = bpf_map_lookup_elem(&counts, &key);
    if (!here) return XDP_DROP;
    *here = 5;
    __u64* there = bpf_map_lookup_percpu_elem(&counts, &key, bpf_get_smp_processor_id());
    SEE(0, here == there);
    SEE(1, bpf_map_lookup_percpu_elem(&counts, &key, 1 << 20) != 0);
    SEE(2, bpf_map_lookup_percpu_elem(&counts, &absent, 0) != 0);
    if (there) SEE(3, *there);
    return XDP_PASS;
}
