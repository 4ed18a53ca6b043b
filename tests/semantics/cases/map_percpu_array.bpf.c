// An array with a value per CPU: counting needs no lock.
//! covers: map type percpu_array
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

//! test: only the current CPU's value changes
//! run: --cpu 0 --repeat 3
//! expect: counts (percpu_array, 1 of 2 entries not zero)
//! expect: 1 -> cpu0 3
SEC("xdp")
int count(struct xdp_md* ctx) {
    __u32 key = 1;
    __u64* value = bpf_map_lookup_elem(&counts, &key);
    if (!value) return XDP_DROP;
    ++*value;
    return XDP_PASS;
}
