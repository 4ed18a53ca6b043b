// Kernel functions that need a kernel of 6.18, or change something outside of the program.
//! covers: kfunc bpf_strcasecmp
//! covers: kfunc bpf_cgroup_acquire
//! covers: kfunc bpf_send_signal_task
//! since: 6.18
#include "case.h"

struct task_struct {
    int pid;
} __attribute__((preserve_access_index));
struct cgroup {
    int level;
} __attribute__((preserve_access_index));
enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

int bpf_strcasecmp(const char* left, const char* right) __ksym __weak;
extern struct cgroup* bpf_cgroup_from_id(__u64 id) __ksym;
extern struct cgroup* bpf_cgroup_acquire(struct cgroup* group) __ksym;
extern void bpf_cgroup_release(struct cgroup* group) __ksym;
extern int bpf_send_signal_task(struct task_struct* task, int sig, enum pid_type type,
                                __u64 value) __ksym;

char text[] = "Hello";

//! test: upper and lower case are one
//! run: --prog compare
//! expect: seen = {0, -1, [2 ... 7] = 0}
SEC("tc")
int compare(struct __sk_buff* skb) {
    SEE_INT(0, bpf_strcasecmp(text, "hELLO"));
    SEE_INT(1, bpf_strcasecmp(text, "HELLP"));
    return 0;
}

//! test: another reference to a cgroup
//! run: --prog acquire
//! expect: seen = {1, [1 ... 7] = 0}
SEC("tc")
int acquire(struct __sk_buff* skb) {
    struct cgroup* own = bpf_cgroup_from_id(bpf_get_current_cgroup_id());
    if (!own) return 0;
    struct cgroup* same = bpf_cgroup_acquire(own);
    if (same) {
        SEE(0, same == own);
        bpf_cgroup_release(same);
    }
    bpf_cgroup_release(own);
    return 0;
}

//! test: a signal to a task
//! run: --prog send --world tgid=50 --world pid=51
//! expect: signal 10 to thread 51
//! expect: signal 12 to process 50
//! expect: seen = {0, 0, -22, [3 ... 7] = 0}
SEC("tp_btf/task_newtask")
int send(__u64* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    SEE_INT(0, bpf_send_signal_task(task, 10, PIDTYPE_PID, 0));
    SEE_INT(1, bpf_send_signal_task(task, 12, PIDTYPE_TGID, 0));
    SEE_INT(2, bpf_send_signal_task(task, 12, PIDTYPE_PGID, 0));
    return 0;
}
