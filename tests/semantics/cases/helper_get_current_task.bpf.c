// The address of the running task's struct, whose fields are read as kernel memory.
//! covers: helper get_current_task
#include "case.h"

#include <bpf/bpf_core_read.h>

struct cred___case {
    struct {
        __u32 val;
    } uid;
} __attribute__((preserve_access_index));

struct task_struct___case {
    int pid;
    int tgid;
    char comm[16];
    const struct cred___case* cred;
    struct task_struct___case* real_parent;
    struct task_struct___case* group_leader;
} __attribute__((preserve_access_index));

char name[16];

//! test: the struct says what the helpers say
//! run: --prog agree
//! expect: seen = {[0 ... 3] = 1, [4 ... 7] = 0}
SEC("raw_tp")
int agree(void* ctx) {
    struct task_struct___case* task = (void*)bpf_get_current_task();
    char own[16] = {};
    bpf_get_current_comm(own, sizeof(own));
    BPF_CORE_READ_STR_INTO(&name, task, comm);
    SEE(0, BPF_CORE_READ(task, pid) == (__u32)bpf_get_current_pid_tgid());
    SEE(1, BPF_CORE_READ(task, tgid) == (int)(bpf_get_current_pid_tgid() >> 32));
    SEE(2, BPF_CORE_READ(task, cred, uid.val) == (__u32)bpf_get_current_uid_gid());
    SEE(3, name[0] == own[0] && name[1] == own[1]);
    return 0;
}

//! test: fields that the user sets, also behind pointers
//! run: --prog fields --obj 'task.comm="bash"' --obj task.real_parent.tgid=7 --obj task.pid=9
//! run: --obj task.group_leader=&tasks[5] --obj tasks[5].tgid=55
//! expect: name = "bash"
//! expect: seen = {9, 7, 55, 9, [4 ... 7] = 0}
SEC("raw_tp")
int fields(void* ctx) {
    struct task_struct___case* task = (void*)bpf_get_current_task();
    BPF_CORE_READ_STR_INTO(&name, task, comm);
    SEE(0, BPF_CORE_READ(task, pid));
    SEE(1, BPF_CORE_READ(task, real_parent, tgid));
    SEE(2, BPF_CORE_READ(task, group_leader, tgid));
    SEE(3, (__u32)bpf_get_current_pid_tgid());
    return 0;
}
