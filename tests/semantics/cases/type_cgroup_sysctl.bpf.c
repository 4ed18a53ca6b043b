// A task of a cgroup reads or writes a system setting: 1 allows it.
//! covers: program type cgroup_sysctl
#include "case.h"

//! test: settings can be read
//! run: --ctx write=0 --ctx file_pos=5
//! expect: returned 1
//! expect: seen = {5, [1 ... 7] = 0}

//! test: settings cannot be written
//! run: --ctx write=1
//! expect: returned 0
SEC("cgroup/sysctl")
int access(struct bpf_sysctl* ctx) {
    SEE(0, ctx->file_pos);
    return !ctx->write;
}
