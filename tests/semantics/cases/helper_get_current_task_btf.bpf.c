// The running task as an object that can be followed without probing.
//! covers: helper get_current_task_btf
//! since: 5.11
#include "case.h"

struct task_struct {
    int pid;
    int tgid;
    char comm[16];
    struct task_struct* real_parent;
} __attribute__((preserve_access_index));

//! test: the struct says what the helpers say
//! run: --prog agree
//! expect: seen = {1, 1, [2 ... 7] = 0}
SEC("raw_tp/sys_enter")
int agree(void* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    SEE(0, task->pid == (int)bpf_get_current_pid_tgid());
    SEE(1, task->tgid == (int)(bpf_get_current_pid_tgid() >> 32));
    return 0;
}

//! test: what is not set is 0, also behind null pointers
//! run: --prog follow --obj task.real_parent.tgid=7
//! expect: seen = {7, [1 ... 7] = 0}
SEC("raw_tp/sys_enter")
int follow(void* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    SEE(0, task->real_parent->tgid);
    SEE(1, task->real_parent->pid);
    SEE(2, task->real_parent->real_parent->real_parent->tgid);
    return 0;
}
