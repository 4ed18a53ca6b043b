// The addresses of a stack are copied, and what is left of the buffer is zeroed.
//! covers: helper get_stack
//! since: 4.18
#include "case.h"

__u64 frames[4];

//! test: a stack of the world
//! run: --prog copy --world user_stack=0x1000,0x2000
//! expect: frames = {4096, 8192, 0, 0}
//! expect: seen = {16, [1 ... 7] = 0}
//! differs on kernel: its task has a stack of its own
//! differs on vm:6.1: its task has a stack of its own
//! differs on vm:6.12: its task has a stack of its own
SEC("raw_tp")
int copy(void* ctx) {
    SEE_INT(0, bpf_get_stack(ctx, frames, sizeof(frames), BPF_F_USER_STACK));
    return 0;
}

//! test: flags and sizes that are wrong
//! run: --prog wrong
//! expect: seen = {-22, -22, -22, [3 ... 7] = 0}
SEC("raw_tp")
int wrong(void* ctx) {
    SEE_INT(0, bpf_get_stack(ctx, frames, sizeof(frames), 1 << 15));
    SEE_INT(1, bpf_get_stack(ctx, frames, 12, 0));
    SEE_INT(2, bpf_get_stack(ctx, frames, sizeof(frames), BPF_F_USER_BUILD_ID));
    return 0;
}
