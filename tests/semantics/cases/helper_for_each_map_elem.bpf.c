// Calls a function for each entry of a map until it returns 1.
//! covers: helper for_each_map_elem
//! since: 5.13
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} slots SEC(".maps");

static long add(void* map, __u32* key, __u64* value, __u64* sum) {
    *sum += *key * *value;
    return 0;
}

static long clear_until_two(void* map, __u32* key, __u64* value, void* context) {
    *value = 0;
    return *key == 2;
}

static long remove_odd(void* map, __u32* key, __u64* value, void* context) {
    if (*value & 1) bpf_map_delete_elem(map, key);
    return 0;
}

//! test: every entry is seen once
//! run: --prog sum --set counts 7 2 --set counts 8 3
//! expect: seen = {2, 38, [2 ... 7] = 0}
SEC("xdp")
int sum(struct xdp_md* ctx) {
    __u64 total = 0;
    SEE_INT(0, bpf_for_each_map_elem(&counts, add, &total, 0));
    SEE(1, total);
    return XDP_PASS;
}

//! test: an array is walked by index, until the function returns 1
//! run: --prog clear --set slots 0 9 --set slots 2 9 --set slots 3 9
//! expect: 3 -> 9
//! expect: seen = {3, -22, [2 ... 7] = 0}
SEC("xdp")
int clear(struct xdp_md* ctx) {
    SEE_INT(0, bpf_for_each_map_elem(&slots, clear_until_two, 0, 0));
    SEE_INT(1, bpf_for_each_map_elem(&slots, clear_until_two, 0, 1));
    return XDP_PASS;
}

//! test: the function may delete the entry that it sees
//! run: --prog prune --set counts 1 11 --set counts 2 12 --set counts 3 13
//! expect: counts (hash, 1 of 4 entries)
//! expect: 2 -> 12
//! expect: seen = {3, [1 ... 7] = 0}
SEC("xdp")
int prune(struct xdp_md* ctx) {
    SEE_INT(0, bpf_for_each_map_elem(&counts, remove_odd, 0, 0));
    return XDP_PASS;
}
