// The cgroup of the packet's socket.
//! covers: helper skb_cgroup_id
//! covers: helper skb_ancestor_cgroup_id
//! covers: helper skb_under_cgroup
//! since: 4.19
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} groups SEC(".maps");

//! test: ids by level
//! run: --prog ids --world network.json
//! expect: seen = {333, 1, 22, [3 ... 7] = 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int ids(struct __sk_buff* skb) {
    SEE(0, bpf_skb_cgroup_id(skb));
    SEE(1, bpf_skb_ancestor_cgroup_id(skb, 0));
    SEE(2, bpf_skb_ancestor_cgroup_id(skb, 1));
    SEE(3, bpf_skb_ancestor_cgroup_id(skb, 1000));
    return 0;
}

//! test: an empty slot, and one out of range
//! run: --prog under
//! expect: seen = {-11, -7, [2 ... 7] = 0}
SEC("tc")
int under(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_under_cgroup(skb, &groups, 0));
    SEE_INT(1, bpf_skb_under_cgroup(skb, &groups, 1));
    return 0;
}
