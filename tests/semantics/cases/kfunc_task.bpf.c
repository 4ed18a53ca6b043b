// Tasks and cgroups that are looked up.
//! covers: kfunc bpf_task_from_pid
//! covers: kfunc bpf_task_from_vpid
//! covers: kfunc bpf_task_acquire
//! covers: kfunc bpf_task_release
//! covers: kfunc bpf_task_under_cgroup
//! covers: kfunc bpf_cgroup_ancestor
//! since: 6.13
#include "case.h"

struct task_struct {
    int pid;
    int tgid;
} __attribute__((preserve_access_index));
struct cgroup {
    int level;
} __attribute__((preserve_access_index));

extern struct task_struct* bpf_task_from_pid(int pid) __ksym;
extern struct task_struct* bpf_task_from_vpid(int pid) __ksym;
extern struct task_struct* bpf_task_acquire(struct task_struct* task) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;
extern long bpf_task_under_cgroup(struct task_struct* task, struct cgroup* group) __ksym;
extern struct cgroup* bpf_cgroup_from_id(__u64 id) __ksym;
extern struct cgroup* bpf_cgroup_ancestor(struct cgroup* group, int level) __ksym;
extern void bpf_cgroup_release(struct cgroup* group) __ksym;

//! test: the running task and another one
//! run: --prog find --obj tasks[7].tgid=70
//! expect: seen = {1, 70, 0, 1, [4 ... 7] = 0}
SEC("tp_btf/task_newtask")
int find(__u64* ctx) {
    struct task_struct* task = bpf_task_from_pid((int)bpf_get_current_pid_tgid());
    if (task) {
        SEE(0, task->tgid == (int)(bpf_get_current_pid_tgid() >> 32));
        bpf_task_release(task);
    }
    task = bpf_task_from_pid(7);
    if (task) {
        SEE(1, task->tgid);
        struct task_struct* same = bpf_task_acquire(task);
        if (same) {
            SEE(3, same == task);
            bpf_task_release(same);
        }
        bpf_task_release(task);
    }
    task = bpf_task_from_vpid(8);
    if (task) {
        SEE(2, 1);
        bpf_task_release(task);
    }
    return 0;
}

//! test: cgroups of the running task
//! run: --prog groups --world cgroups=1,20,300
//! expect: seen = {1, 1, [2 ... 7] = 0}
SEC("tp_btf/task_newtask")
int groups(__u64* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    struct cgroup* own = bpf_cgroup_from_id(bpf_get_current_cgroup_id());
    if (!own) return 0;
    SEE(0, bpf_task_under_cgroup(task, own));
    struct cgroup* root = bpf_cgroup_ancestor(own, 0);
    if (root) {
        SEE(1, bpf_task_under_cgroup(task, root));
        bpf_cgroup_release(root);
    }
    struct cgroup* none = bpf_cgroup_ancestor(own, 1000);
    if (none) {
        SEE(2, 1);
        bpf_cgroup_release(none);
    }
    bpf_cgroup_release(own);
    return 0;
}
