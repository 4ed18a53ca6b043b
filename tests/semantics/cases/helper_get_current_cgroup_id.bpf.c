// The cgroup of the running task and those above it, from the root at level 0.
//! covers: helper get_current_cgroup_id
//! covers: helper get_current_ancestor_cgroup_id
//! since: 5.7
#include "case.h"

//! test: ids by level, 0 where there is none
//! run: --prog ids --world cgroups=1,20,300
//! expect: seen = {300, 1, 20, 300, [4 ... 7] = 0}
SEC("raw_tp")
int ids(void* ctx) {
    SEE(0, bpf_get_current_cgroup_id());
    SEE(1, bpf_get_current_ancestor_cgroup_id(0));
    SEE(2, bpf_get_current_ancestor_cgroup_id(1));
    SEE(3, bpf_get_current_ancestor_cgroup_id(2));
    SEE(4, bpf_get_current_ancestor_cgroup_id(1000));
    SEE(5, bpf_get_current_ancestor_cgroup_id(-1));
    return 0;
}
