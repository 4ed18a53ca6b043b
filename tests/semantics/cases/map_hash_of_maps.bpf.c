// Maps by key: a program looks up the inner map, and in it the value.
//! covers: map type hash_of_maps
#include "case.h"

struct inner {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} tenant SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u32);
    __array(values, struct inner);
} tenants SEC(".maps") = {.values = {[3] = &tenant}};

//! test: the inner map of a key is written, another key has none
//! expect: map tenant (hash, 1 of 2 entries)
//! expect: 5 -> 6
//! expect: tenants (hash_of_maps, 1 of 4 entries)
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("xdp")
int update(struct xdp_md* ctx) {
    __u32 here = 3, absent = 4, key = 5;
    __u64 value = 6;
    void* map = bpf_map_lookup_elem(&tenants, &here);
    if (!map) return XDP_DROP;
    SEE_INT(0, bpf_map_update_elem(map, &key, &value, BPF_ANY));
    SEE(1, bpf_map_lookup_elem(&tenants, &absent) == 0);
    return XDP_PASS;
}
