// All values exist from the beginning, as zeros, under the indices below max_entries.
//! covers: map type array
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} slots SEC(".maps");

//! test: every index has a value, zero at first
//! run: --prog lookup --set slots 3 9
//! expect: slots (array, 1 of 4 entries not zero)
//! expect: 3 -> 9
//! expect: seen = {0, 9, 1, [3 ... 7] = 0}
SEC("xdp")
int lookup(struct xdp_md* ctx) {
    __u32 first = 0, last = 3, past = 4;
    __u64* value = bpf_map_lookup_elem(&slots, &first);
    if (value) SEE(0, *value);
    value = bpf_map_lookup_elem(&slots, &last);
    if (value) SEE(1, *value);
    SEE(2, bpf_map_lookup_elem(&slots, &past) == 0);
    return XDP_PASS;
}

//! test: an index past the end is -E2BIG, one to be new -EEXIST
//! run: --prog update
//! expect: 2 -> 5
//! expect: seen = {0, -7, -17, [3 ... 7] = 0}
SEC("xdp")
int update(struct xdp_md* ctx) {
    __u32 key = 2, past = 4;
    __u64 value = 5;
    SEE_INT(0, bpf_map_update_elem(&slots, &key, &value, BPF_ANY));
    SEE_INT(1, bpf_map_update_elem(&slots, &past, &value, BPF_ANY));
    SEE_INT(2, bpf_map_update_elem(&slots, &key, &value, BPF_NOEXIST));
    SEE_INT(3, bpf_map_update_elem(&slots, &key, &value, BPF_EXIST));
    return XDP_PASS;
}
