// Values without keys: the first that was pushed comes first.
//! covers: map type queue
//! covers: helper map_push_elem
//! covers: helper map_pop_elem
//! covers: helper map_peek_elem
//! since: 4.20
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __uint(max_entries, 2);
    __type(value, __u64);
} jobs SEC(".maps");

//! test: the oldest value is looked at, and taken; what is empty gives zeros (-ENOENT)
//! run: --prog order
//! expect: seen = {11, 11, 22, 0, -2, 0, -2, 0}
SEC("xdp")
int order(struct xdp_md* ctx) {
    __u64 first = 11, second = 22, value = 5;
    bpf_map_push_elem(&jobs, &first, BPF_ANY);
    bpf_map_push_elem(&jobs, &second, BPF_ANY);
    bpf_map_peek_elem(&jobs, &value);
    SEE(0, value);
    bpf_map_pop_elem(&jobs, &value);
    SEE(1, value);
    SEE_INT(3, bpf_map_pop_elem(&jobs, &value));
    SEE(2, value);
    value = 5;
    SEE_INT(4, bpf_map_pop_elem(&jobs, &value));
    SEE(5, value);
    SEE_INT(6, bpf_map_peek_elem(&jobs, &value));
    return XDP_PASS;
}

//! test: a full queue takes no value (-E2BIG), or gives up its oldest for BPF_EXIST; other flags: -EINVAL
//! run: --prog full
//! expect: seen = {0, 0, -7, -22, -22, 0, 2, 3}
SEC("xdp")
int full(struct xdp_md* ctx) {
    __u64 value = 1;
    SEE_INT(0, bpf_map_push_elem(&jobs, &value, BPF_ANY));
    value = 2;
    SEE_INT(1, bpf_map_push_elem(&jobs, &value, BPF_EXIST));
    value = 3;
    SEE_INT(2, bpf_map_push_elem(&jobs, &value, BPF_ANY));
    SEE_INT(3, bpf_map_push_elem(&jobs, &value, BPF_NOEXIST));
    SEE_INT(4, bpf_map_push_elem(&jobs, &value, BPF_EXIST << 1));
    SEE_INT(5, bpf_map_push_elem(&jobs, &value, BPF_EXIST));
    bpf_map_pop_elem(&jobs, &value);
    SEE(6, value);
    bpf_map_pop_elem(&jobs, &value);
    SEE(7, value);
    return XDP_PASS;
}
