// Cgroups by index, for bpf_skb_under_cgroup and bpf_current_task_under_cgroup.
//! covers: map type cgroup_array
//! since: 4.8
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
    __uint(max_entries, 2);
    __uint(key_size, 4);
    __uint(value_size, 4);
} cgroups SEC(".maps");

//! test: it is created, and nobody reads it
//! run: --prog none
//! expect: seen = {1, [1 ... 7] = 0}
SEC("xdp")
int none(struct xdp_md* ctx) {
    SEE(0, 1);
    return XDP_PASS;
}
