// A hash that is never full, with a value per CPU under each key.
//! covers: map type lru_percpu_hash
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} recent SEC(".maps");

//! test: an update writes the current CPU's value
//! run: --cpu 0
//! expect: recent (lru_percpu_hash, 1 of 16 entries)
//! expect: 7 -> cpu0 6
//! expect: seen = {0, -17, [2 ... 7] = 0}
SEC("xdp")
int update(struct xdp_md* ctx) {
    __u32 key = 7;
    __u64 value = 5;
    SEE_INT(0, bpf_map_update_elem(&recent, &key, &value, BPF_ANY));
    SEE_INT(1, bpf_map_update_elem(&recent, &key, &value, BPF_NOEXIST));
    __u64* here = bpf_map_lookup_elem(&recent, &key);
    if (!here) return XDP_DROP;
    ++*here;
    return XDP_PASS;
}
