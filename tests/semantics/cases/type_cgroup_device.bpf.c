// A task of a cgroup opens a device: 1 allows it.
//! covers: program type cgroup_device
#include "case.h"

//! test: reading /dev/null is allowed
//! run: --ctx access_type=0x20002 --ctx major=1 --ctx minor=3
//! expect: returned 1

//! test: other devices are not
//! run: --ctx access_type=0x20002 --ctx major=8 --ctx minor=0
//! expect: returned 0
SEC("cgroup/dev")
int open(struct bpf_cgroup_dev_ctx* ctx) {
    int is_char = (ctx->access_type & 0xffff) == BPF_DEVCG_DEV_CHAR;
    return is_char && ctx->major == 1 && ctx->minor == 3;
}
