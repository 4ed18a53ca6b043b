// A delete removes a key, says when it is not there, and is nothing for arrays.
//! covers: helper map_delete_elem
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} slots SEC(".maps");

//! test: a key can be deleted once: 0, then -ENOENT
//! run: --prog twice --set counts 7 1 --set counts 8 2
//! expect: counts (hash, 1 of 4 entries)
//! expect: 8 -> 2
//! expect: seen = {0, -2, [2 ... 7] = 0}
SEC("xdp")
int twice(struct xdp_md* ctx) {
    __u32 key = 7;
    SEE_INT(0, bpf_map_delete_elem(&counts, &key));
    SEE_INT(1, bpf_map_delete_elem(&counts, &key));
    return XDP_PASS;
}

//! test: values of an array cannot be deleted: -EINVAL
//! run: --prog slot --set slots 0 5
//! expect: 0 -> 5
//! expect: seen = {-22, [1 ... 7] = 0}
SEC("xdp")
int slot(struct xdp_md* ctx) {
    __u32 key = 0;
    SEE_INT(0, bpf_map_delete_elem(&slots, &key));
    return XDP_PASS;
}

//! test: the error is a 64-bit number
//! run: --prog wide
//! expect: seen = {-2, [1 ... 7] = 0}
//! differs on vm:6.1: helpers of maps returned an int before Linux 6.4, its upper half is zero
SEC("xdp")
int wide(struct xdp_md* ctx) {
    __u32 key = 7;
    SEE(0, bpf_map_delete_elem(&counts, &key));
    return XDP_PASS;
}
