// The stack of a task: for the running one what get_stack gives.
//! covers: helper get_task_stack
//! since: 5.9
#include "case.h"

__u64 frames[4];
struct task_struct;

//! test: the running task's stack in the kernel
//! run: --prog copy --world kernel_stack=0xffffffff81000010
//! expect: seen = {8, 1, [2 ... 7] = 0}
//! differs on kernel: its task has a stack of its own
//! differs on vm:6.1: its task has a stack of its own
//! differs on vm:6.12: its task has a stack of its own
SEC("raw_tp/sys_enter")
int copy(void* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    SEE_INT(0, bpf_get_task_stack(task, frames, sizeof(frames), 0));
    SEE(1, frames[0] == 0xffffffff81000010);
    return 0;
}
