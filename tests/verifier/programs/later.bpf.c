// Functions that work queues and task work call later.
#include "kernel.h"

struct wqv {
    __u64 a;
    struct bpf_wq w;
};
ARRAY(wm, struct wqv);
ARRAY(wm2, struct wqv);
struct twv {
    __u64 a;
    struct bpf_task_work w;
};
ARRAY(tm, struct twv);
ARRAY(tm2, struct twv);

static int wcb(void* map, int* key, void* value) {
    char b[8];
    bpf_copy_from_user_str(b, 8, (void*)8, 0);
    return 0;
}
static int wcb1(void* map, int* key, void* value) { return 1; }
static int wcb_timer(void* map, int* key, void* value) {
    struct wqv* v = value;
    return v->a ? 0 : 0;
}
static int tcb(struct bpf_map* map, void* key, void* value) {
    char b[8];
    bpf_copy_from_user_str(b, 8, (void*)8, 0);
    return 7;
}
static int tcb_ctx(struct bpf_map* map, void* key, void* value) {
    struct twv* v = value;
    return (int)v->a;
}
static int tcb_rcu(struct bpf_map* map, void* key, void* value) {
    bpf_rcu_read_lock();
    return 0;
}
ACCEPTED
SEC("tc")
int wq_ok(void* c) {
    struct wqv* v = FIRST(wm, struct wqv);
    if (bpf_wq_init(&v->w, &wm, 0)) return 1;
    if (bpf_wq_set_callback_impl(&v->w, wcb, 0, 0)) return 2;
    return bpf_wq_start(&v->w, 0);
}

ACCEPTED
SEC("tc")
int wq_value(void* c) {
    struct wqv* v = FIRST(wm, struct wqv);
    return bpf_wq_set_callback_impl(&v->w, wcb_timer, 0, 0);
}

REJECTED("At async callback return the register R0 has smin=1 smax=1 should have been in [0, 0]")
SEC("tc")
int wq_ret1(void* c) {
    struct wqv* v = FIRST(wm, struct wqv);
    return bpf_wq_set_callback_impl(&v->w, wcb1, 0, 0);
}

REJECTED("workqueue pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0")
SEC("tc")
int wq_wrong_map(void* c) {
    struct wqv* v = FIRST(wm, struct wqv);
    return bpf_wq_init(&v->w, &wm2, 0);
}

REJECTED("off 0 doesn't point to 'struct bpf_wq' that is at 8")
SEC("tc")
int wq_wrong_off(void* c) {
    struct wqv* v = FIRST(wm, struct wqv);
    return bpf_wq_start((void*)v, 0);
}

REJECTED("Possibly NULL pointer passed to trusted arg0")
SEC("tc")
int wq_null(void* c) { return bpf_wq_start(0, 0); }

REJECTED("off 0 doesn't point to 'struct bpf_wq' that is at 8")
SEC("tc")
int wq_or_null(void* c) {
    int k = 0;
    struct wqv* v = bpf_map_lookup_elem(&wm, &k);
    return bpf_wq_start((void*)v, 0);
}

REJECTED("map 'tm' has no valid bpf_wq")
SEC("tc")
int wq_no_wq(void* c) {
    struct twv* v = FIRST(tm, struct twv);
    return bpf_wq_start((void*)&v->w, 0);
}

REJECTED("bpf_wq cannot be accessed directly by load/store")
SEC("tc")
int wq_access(void* c) {
    struct wqv* v = FIRST(wm, struct wqv);
    return *(volatile int*)&v->w;
}

ACCEPTED
SEC("syscall")
int wq_sleep(void* c) {
    struct wqv* v = FIRST(wm, struct wqv);
    return bpf_wq_set_callback_impl(&v->w, wcb, 0, 0);
}

ACCEPTED
SEC("tp_btf/sched_switch")
int tw_ok(void* c) {
    struct twv* v = FIRST(tm, struct twv);
    return bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &v->w, &tm, tcb, 0);
}

REJECTED(
    "At async callback return the register R0 has unknown scalar value should have been in "
    "[-2147483648, 2147483647]")
SEC("tp_btf/sched_switch")
int tw_value(void* c) {
    struct twv* v = FIRST(tm, struct twv);
    return bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &v->w, &tm, tcb_ctx, 0);
}

REJECTED("BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region")
SEC("tp_btf/sched_switch")
int tw_rcu(void* c) {
    struct twv* v = FIRST(tm, struct twv);
    return bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &v->w, &tm, tcb_rcu, 0);
}

REJECTED("bpf_task_work pointer in R2 map_uid=0 doesn't match map pointer in R3 map_uid=0")
SEC("tp_btf/sched_switch")
int tw_wrong_map(void* c) {
    struct twv* v = FIRST(tm, struct twv);
    return bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &v->w, &tm2, tcb, 0);
}

ACCEPTED
SEC("perf_event")
int tw_perf(void* c) {
    struct twv* v = FIRST(tm, struct twv);
    return bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), &v->w, &tm, tcb, 0);
}

REJECTED("Possibly NULL pointer passed to trusted arg0")
SEC("perf_event")
int tw_null_task(void* c) {
    struct twv* v = FIRST(tm, struct twv);
    return bpf_task_work_schedule_signal_impl(0, &v->w, &tm, tcb, 0);
}

REJECTED("Possibly NULL pointer passed to trusted arg1")
SEC("tc")
int tw_no_null(void* c) {
    return bpf_task_work_schedule_signal_impl(bpf_get_current_task_btf(), 0, &tm, tcb, 0);
}
