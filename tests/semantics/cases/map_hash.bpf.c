// Any key to a value, up to max_entries of them.
//! covers: map type hash
#include "case.h"

struct flow {
    __be32 source;
    __be16 port;
    __u16 zero;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 2);
    __type(key, struct flow);
    __type(value, __u64);
} flows SEC(".maps");

//! test: a key of several fields, all of its bytes count
//! run: --prog fields --set flows '{.source = 1, .port = 2}' 7
//! expect: seen = {7, 1, [2 ... 7] = 0}
SEC("xdp")
int fields(struct xdp_md* ctx) {
    struct flow key = {.source = 1, .port = 2};
    __u64* value = bpf_map_lookup_elem(&flows, &key);
    if (value) SEE(0, *value);
    key.zero = 1;
    SEE(1, bpf_map_lookup_elem(&flows, &key) == 0);
    return XDP_PASS;
}

//! test: a full map takes no new key (-E2BIG) before another one goes
//! run: --prog full
//! expect: flows (hash, 2 of 2 entries)
//! expect: seen = {0, 0, -7, [3 ... 7] = 0}
SEC("xdp")
int full(struct xdp_md* ctx) {
    struct flow one = {.source = 1}, two = {.source = 2}, three = {.source = 3};
    __u64 value = 5;
    SEE_INT(0, bpf_map_update_elem(&flows, &one, &value, BPF_ANY));
    SEE_INT(1, bpf_map_update_elem(&flows, &two, &value, BPF_ANY));
    SEE_INT(2, bpf_map_update_elem(&flows, &three, &value, BPF_ANY));
    SEE_INT(3, bpf_map_update_elem(&flows, &two, &value, BPF_ANY));
    SEE_INT(4, bpf_map_delete_elem(&flows, &one));
    SEE_INT(5, bpf_map_update_elem(&flows, &three, &value, BPF_ANY));
    return XDP_PASS;
}
