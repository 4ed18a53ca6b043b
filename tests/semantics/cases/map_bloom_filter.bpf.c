// A set that knows every value that was pushed, and hardly any other.
//! covers: map type bloom_filter
//! covers: helper map_push_elem
//! covers: helper map_peek_elem
//! since: 5.16
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
    __uint(max_entries, 100);
    __uint(map_flags, BPF_F_ZERO_SEED);
    __type(value, __u32);
} known SEC(".maps");

//! test: what was pushed is there, what was not is not (-ENOENT), flags are refused (-EINVAL)
//! run: --prog contains
//! expect: seen = {-2, 0, 0, -2, -22, 0, 0, 0}
SEC("xdp")
int contains(struct xdp_md* ctx) {
    __u32 value = 7, other = 8;
    SEE_INT(0, bpf_map_peek_elem(&known, &value));
    SEE_INT(1, bpf_map_push_elem(&known, &value, BPF_ANY));
    SEE_INT(2, bpf_map_peek_elem(&known, &value));
    SEE_INT(3, bpf_map_peek_elem(&known, &other));
    SEE_INT(4, bpf_map_push_elem(&known, &value, BPF_EXIST));
    return XDP_PASS;
}

//! test: without a seed the same values are taken for known by mistake on every engine
//! run: --prog mistakes
//! expect: seen = {100, 5, [2 ... 7] = 0}
SEC("xdp")
int mistakes(struct xdp_md* ctx) {
    int found = 0, mistaken = 0;
    for (int i = 0; i < 100; ++i) {
        __u32 value = i;
        bpf_map_push_elem(&known, &value, BPF_ANY);
    }
    for (int i = 0; i < 500; ++i) {
        __u32 value = i;
        if (bpf_map_peek_elem(&known, &value)) continue;
        ++*(i < 100 ? &found : &mistaken);
    }
    SEE(0, found);
    SEE(1, mistaken);
    return XDP_PASS;
}
