// A value of each cgroup.
//! covers: helper cgrp_storage_get
//! covers: helper cgrp_storage_delete
//! covers: map type cgrp_storage
//! covers: kfunc bpf_cgroup_from_id
//! covers: kfunc bpf_cgroup_release
//! since: 6.2
#include "case.h"

struct {
    __uint(type, 32);  // BPF_MAP_TYPE_CGRP_STORAGE.
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u64);
} values SEC(".maps");

struct cgroup {
    int level;
} __attribute__((preserve_access_index));
static void* (*cgrp_storage_get)(void* map, struct cgroup* group, void* initial,
                                 __u64 flags) = (void*)210;
static long (*cgrp_storage_delete)(void* map, struct cgroup* group) = (void*)211;
extern struct cgroup* bpf_cgroup_from_id(__u64 id) __ksym;
extern void bpf_cgroup_release(struct cgroup* group) __ksym;

//! test: made, found, deleted, gone
//! run: --prog life
//! expect: seen = {1, 8, 0, -2, [4 ... 7] = 0}
SEC("tc")
int life(struct __sk_buff* skb) {
    __u64 initial = 8;
    struct cgroup* group = bpf_cgroup_from_id(bpf_get_current_cgroup_id());
    if (!group) return 0;
    __u64* value = cgrp_storage_get(&values, group, &initial, BPF_LOCAL_STORAGE_GET_F_CREATE);
    SEE(0, value != 0);
    if (value) SEE(1, *value);
    SEE_INT(2, cgrp_storage_delete(&values, group));
    SEE_INT(3, cgrp_storage_delete(&values, group));
    bpf_cgroup_release(group);
    return 0;
}
