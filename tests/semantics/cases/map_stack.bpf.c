// Values without keys: the last that was pushed comes first.
//! covers: map type stack
//! covers: helper map_push_elem
//! covers: helper map_pop_elem
//! covers: helper map_peek_elem
//! since: 4.20
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_STACK);
    __uint(max_entries, 2);
    __type(value, __u64);
} jobs SEC(".maps");

//! test: the newest value is looked at, and taken; a full stack gives up its oldest for BPF_EXIST
//! run: --prog order
//! expect: seen = {0, 0, -7, 0, 3, 3, 2, -2}
SEC("xdp")
int order(struct xdp_md* ctx) {
    __u64 value = 1;
    SEE_INT(0, bpf_map_push_elem(&jobs, &value, BPF_ANY));
    value = 2;
    SEE_INT(1, bpf_map_push_elem(&jobs, &value, BPF_ANY));
    value = 3;
    SEE_INT(2, bpf_map_push_elem(&jobs, &value, BPF_ANY));
    SEE_INT(3, bpf_map_push_elem(&jobs, &value, BPF_EXIST));
    bpf_map_peek_elem(&jobs, &value);
    SEE(4, value);
    bpf_map_pop_elem(&jobs, &value);
    SEE(5, value);
    bpf_map_pop_elem(&jobs, &value);
    SEE(6, value);
    SEE_INT(7, bpf_map_pop_elem(&jobs, &value));
    return XDP_PASS;
}
