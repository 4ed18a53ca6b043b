// Maps by index: a program looks up the inner map, and in it the value.
//! covers: map type array_of_maps
#include "case.h"

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u32);
    __array(values, struct inner);
} tables SEC(".maps") = {.values = {[0] = &first, [2] = &second}};

static void count(__u32 index) {
    __u32 key = 0;
    void* table = bpf_map_lookup_elem(&tables, &index);
    SEE(index & 7, table != 0);
    if (!table) return;
    __u64* value = bpf_map_lookup_elem(table, &key);
    if (value) ++*value;
}

//! test: a value of an inner map changes; an empty slot has no map
//! run: --set second 0 41
//! expect: map second (array, 1 of 1 entries not zero)
//! expect: 0 -> 42
//! expect: tables (array_of_maps, 2 of 4 entries)
//! expect: seen = {0, 0, 1, [3 ... 7] = 0}
SEC("xdp")
int counts(struct xdp_md* ctx) {
    count(2);
    count(3);
    return XDP_PASS;
}
