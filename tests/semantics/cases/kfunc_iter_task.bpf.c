// Tasks one after the other: processes, all threads, those of one process.
//! covers: kfunc bpf_iter_task_new
//! covers: kfunc bpf_iter_task_next
//! covers: kfunc bpf_iter_task_destroy
//! since: 6.8
#include "case.h"

struct task_struct {
    int pid;
    int tgid;
    unsigned int flags;
    struct task_struct* group_leader;
} __attribute__((preserve_access_index));

struct bpf_iter_task {
    __u64 opaque[3];
} __attribute__((aligned(8)));
extern int bpf_iter_task_new(struct bpf_iter_task* it, struct task_struct* task,
                             unsigned int flags) __ksym;
extern struct task_struct* bpf_iter_task_next(struct bpf_iter_task* it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task* it) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern struct task_struct* bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;

enum { kernel_thread = 0x200000 };  // PF_KTHREAD.
enum { processes, threads, threads_of_process };

//! test: every process and thread is there once, the idle task first
//! run: --prog everything
//! expect: seen = {0, [1 ... 4] = 1, 0, -22, -22}
SEC("syscall")
int everything(void* ctx) {
    struct task_struct* own = bpf_get_current_task_btf();
    struct task_struct* task;
    struct bpf_iter_task it;
    long leaders = 0, own_process = 0, own_thread = 0, of_own_process = 0, first = 0;
    bpf_rcu_read_lock();
    SEE_INT(0, bpf_iter_task_new(&it, 0, processes));
    task = bpf_iter_task_next(&it);
    if (task) first = task->pid == 0 && (task->flags & kernel_thread);
    while ((task = bpf_iter_task_next(&it))) {
        if (task->pid != task->tgid) ++leaders;
        if (task->pid == own->tgid) ++own_process;
    }
    bpf_iter_task_destroy(&it);
    SEE(1, first);
    SEE(2, own_process);
    bpf_iter_task_new(&it, 0, threads);
    while ((task = bpf_iter_task_next(&it)))
        if (task->pid == own->pid) ++own_thread;
    bpf_iter_task_destroy(&it);
    SEE(3, own_thread);
    bpf_iter_task_new(&it, own, threads_of_process);
    while ((task = bpf_iter_task_next(&it)))
        if (task->pid == own->pid) ++of_own_process;
    bpf_iter_task_destroy(&it);
    SEE(4, of_own_process);
    SEE(5, leaders);
    SEE_INT(6, bpf_iter_task_new(&it, own, 3));
    if (bpf_iter_task_next(&it)) SEE(6, 1);
    bpf_iter_task_destroy(&it);
    SEE_INT(7, bpf_iter_task_new(&it, 0, threads_of_process));
    if (bpf_iter_task_next(&it)) SEE(7, 1);
    bpf_iter_task_destroy(&it);
    bpf_rcu_read_unlock();
    return 0;
}

__s64 order[8];
__u32 count;

static void note(__s64 flags, struct task_struct* from) {
    struct bpf_iter_task it;
    struct task_struct* task;
    count = 0;
    for (__u32 i = 0; i < 8; ++i) order[i] = -1;
    bpf_rcu_read_lock();
    bpf_iter_task_new(&it, from, flags);
    while ((task = bpf_iter_task_next(&it))) {
        const __u32 at = count++;
        if (at < 8) order[at] = task->pid;
    }
    bpf_iter_task_destroy(&it);
    bpf_rcu_read_unlock();
}

//! test: processes by number
//! run: --prog list_processes --obj tasks[7].tgid=5 --obj tasks[6].pid=6
//! expect: order = {0, 5, 6, 1000, [4 ... 7] = -1}
SEC("syscall")
int list_processes(void* ctx) {
    note(processes, 0);
    return 0;
}

//! test: threads follow what leads their process
//! run: --prog list_threads --obj tasks[7].tgid=5 --obj tasks[6].pid=6
//! expect: order = {0, 5, 7, 6, 1000, -1, -1, -1}
//! test: the running thread is not the first one
//! run: --prog list_threads --world pid=9 --world tgid=8
//! differs on kernel: it has more tasks
//! differs on vm:6.12: it has more tasks
//! expect: order = {0, 8, 9, [3 ... 7] = -1}
SEC("syscall")
int list_threads(void* ctx) {
    note(threads, 0);
    return 0;
}

//! test: the threads of a process, from one of them on
//! run: --prog list_from --obj tasks[7].tgid=5 --obj tasks[9].tgid=5
//! expect: seen = {5, [1 ... 7] = 0}
//! expect: order = {7, 9, [2 ... 7] = -1}
SEC("syscall")
int list_from(void* ctx) {
    struct task_struct* task = bpf_task_from_pid(7);
    if (!task) return 0;
    SEE(0, task->group_leader->pid);
    note(threads_of_process, task);
    bpf_task_release(task);
    return 0;
}
