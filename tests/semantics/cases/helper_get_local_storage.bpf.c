// Values of a program in the cgroup that it is attached to.
//! covers: helper get_local_storage
//! covers: map type cgroup_storage
//! covers: map type percpu_cgroup_storage
//! since: 4.20
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
    __type(key, struct bpf_cgroup_storage_key);
    __type(value, __u64);
} own SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
    __type(key, struct bpf_cgroup_storage_key);
    __type(value, __u64);
} own_of_cpu SEC(".maps");

//! test: zeros at first, and what a run leaves the next one finds
//! run: --prog count --repeat 3 --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {3, 30, 1, [3 ... 7] = 0}
SEC("cgroup_skb/egress")
int count(struct __sk_buff* skb) {
    __u64* value = bpf_get_local_storage(&own, 0);
    __u64* here = bpf_get_local_storage(&own_of_cpu, 0);
    SEE(0, ++*value);
    SEE(1, *here += 10);
    SEE(2, value == (__u64*)bpf_get_local_storage(&own, 0));
    return 1;
}

//! test: user space finds the value by the cgroup and the attach type
//! run: --prog count --world cgroups=1,20 --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: cgroup_inode_id = 20
//! expect: seen = {1, 10, 1, [3 ... 7] = 0}
