// Whether the running task is in a cgroup, or below it.
//! covers: helper current_task_under_cgroup
//! covers: map type cgroup_array
//! differs on vm:6.1: a slot takes the descriptor of a cgroup, which the test has not
//! differs on vm:6.12: a slot takes the descriptor of a cgroup, which the test has not
//! differs on kernel: a slot takes the descriptor of a cgroup, which the test has not
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} groups SEC(".maps");

//! test: its own cgroup, one above, another one, none, and out of range
//! run: --prog ask --world cgroups=1,20,300 --set groups 0 300 --set groups 1 20 --set groups 2 7
//! expect: seen = {1, 1, 0, -11, -7, 0, 0, 0}
SEC("raw_tp")
int ask(void* ctx) {
    SEE(0, bpf_current_task_under_cgroup(&groups, 0));
    SEE(1, bpf_current_task_under_cgroup(&groups, 1));
    SEE(2, bpf_current_task_under_cgroup(&groups, 2));
    SEE(3, bpf_current_task_under_cgroup(&groups, 3));
    SEE(4, bpf_current_task_under_cgroup(&groups, 4));
    return 0;
}
