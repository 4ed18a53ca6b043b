// Cgroups below and above one, and the tasks in one.
//! covers: kfunc bpf_iter_css_new
//! covers: kfunc bpf_iter_css_next
//! covers: kfunc bpf_iter_css_destroy
//! covers: kfunc bpf_iter_css_task_new
//! covers: kfunc bpf_iter_css_task_next
//! covers: kfunc bpf_iter_css_task_destroy
//! since: 6.7
#include "case.h"

struct cgroup;
struct kernfs_node {
    __u64 id;
} __attribute__((preserve_access_index));
struct cgroup_subsys_state {
    struct cgroup* cgroup;
    struct cgroup_subsys_state* parent;
} __attribute__((preserve_access_index));
struct cgroup {
    struct cgroup_subsys_state self;
    int level;
    struct kernfs_node* kn;
} __attribute__((preserve_access_index));
struct task_struct {
    int pid;
    int tgid;
} __attribute__((preserve_access_index));

struct bpf_iter_css {
    __u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_iter_css_task {
    __u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_css_new(struct bpf_iter_css* it, struct cgroup_subsys_state* start,
                            unsigned int flags) __ksym;
extern struct cgroup_subsys_state* bpf_iter_css_next(struct bpf_iter_css* it) __ksym;
extern void bpf_iter_css_destroy(struct bpf_iter_css* it) __ksym;
extern int bpf_iter_css_task_new(struct bpf_iter_css_task* it, struct cgroup_subsys_state* css,
                                 unsigned int flags) __ksym;
extern struct task_struct* bpf_iter_css_task_next(struct bpf_iter_css_task* it) __ksym;
extern void bpf_iter_css_task_destroy(struct bpf_iter_css_task* it) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern struct cgroup* bpf_cgroup_from_id(__u64 id) __ksym;
extern void bpf_cgroup_release(struct cgroup* group) __ksym;

enum { parents_first = 2, children_first, upwards };

//! test: the root's walks begin or end with it
//! run: --prog walks --world cgroups=1,20,300
//! expect: seen = {0, 1, 1, 1, -22, -22, 0, 0}
SEC("syscall")
int walks(void* ctx) {
    struct cgroup_subsys_state* css;
    struct bpf_iter_css it;
    struct cgroup* root = bpf_cgroup_from_id(1);
    if (!root) return 0;
    __u64 last = 0;
    long above = 0;
    bpf_rcu_read_lock();
    SEE_INT(0, bpf_iter_css_new(&it, &root->self, parents_first));
    css = bpf_iter_css_next(&it);
    if (css) SEE(1, css->cgroup->kn->id);
    bpf_iter_css_destroy(&it);
    bpf_iter_css_new(&it, &root->self, children_first);
    while ((css = bpf_iter_css_next(&it))) last = css->cgroup->kn->id;
    bpf_iter_css_destroy(&it);
    SEE(2, last);
    bpf_iter_css_new(&it, &root->self, upwards);
    while ((css = bpf_iter_css_next(&it))) ++above;
    bpf_iter_css_destroy(&it);
    SEE(3, above);
    SEE_INT(4, bpf_iter_css_new(&it, &root->self, 1));
    if (bpf_iter_css_next(&it)) SEE(4, 1);
    bpf_iter_css_destroy(&it);
    SEE_INT(5, bpf_iter_css_new(&it, &root->self, 5));
    bpf_iter_css_destroy(&it);
    bpf_rcu_read_unlock();
    bpf_cgroup_release(root);
    return 0;
}

__s64 order[8];
__u32 count;
__u64 start = 1;
__u32 how = parents_first;

//! test: parents before children, in the order that the world gives
//! run: --prog walk --world cgroups=1,20,300 --world 'other_cgroups=1,40;1,20,200;1,40,41' --obj cgroups[41].max_depth=1
//! expect: order = {1, 20, 300, 200, 40, 41, -1, -1}
//! test: children before parents
//! run: --prog walk --global how=3 --world cgroups=1,20,300 --world 'other_cgroups=1,40;1,20,200;1,40,41' --obj cgroups[41].max_depth=1
//! expect: order = {300, 200, 20, 41, 40, 1, -1, -1}
//! test: only what is below
//! run: --prog walk --global start=20 --world cgroups=1,20,300 --world 'other_cgroups=1,40;1,20,200' --obj cgroups[40].max_depth=1
//! expect: order = {20, 300, 200, [3 ... 7] = -1}
//! test: and in the other order
//! run: --prog walk --global start=20 --global how=3 --world cgroups=1,20,300 --world 'other_cgroups=1,40;1,20,200' --obj cgroups[40].max_depth=1
//! expect: order = {300, 200, 20, [3 ... 7] = -1}
//! test: upwards to the root
//! run: --prog walk --global start=200 --global how=4 --world cgroups=1,20,300 --world 'other_cgroups=1,40;1,20,200' --obj cgroups[40].max_depth=1
//! expect: order = {200, 20, 1, [3 ... 7] = -1}
SEC("syscall")
int walk(void* ctx) {
    struct cgroup_subsys_state* css;
    struct bpf_iter_css it;
    struct cgroup* top = bpf_cgroup_from_id(start);
    if (!top) return 0;
    count = 0;
    for (__u32 i = 0; i < 8; ++i) order[i] = -1;
    bpf_rcu_read_lock();
    bpf_iter_css_new(&it, &top->self, how);
    while ((css = bpf_iter_css_next(&it))) {
        const __u32 at = count++;
        if (at < 8) order[at] = css->cgroup->kn->id;
    }
    bpf_iter_css_destroy(&it);
    bpf_rcu_read_unlock();
    bpf_cgroup_release(top);
    return 0;
}

//! test: a task's own cgroup has it
//! run: --prog has_own
//! expect: seen = {0, 1, -22, -22, [4 ... 7] = 0}
SEC("syscall")
int has_own(void* ctx) {
    struct task_struct *task, *own = bpf_get_current_task_btf();
    struct bpf_iter_css_task it;
    long found = 0;
    struct cgroup* group = bpf_cgroup_from_id(bpf_get_current_cgroup_id());
    if (!group) return 0;
    SEE_INT(0, bpf_iter_css_task_new(&it, &group->self, 0));
    while ((task = bpf_iter_css_task_next(&it)))
        if (task->pid == own->pid) ++found;
    bpf_iter_css_task_destroy(&it);
    SEE(1, found);
    SEE_INT(2, bpf_iter_css_task_new(&it, &group->self, 2));
    if (bpf_iter_css_task_next(&it)) SEE(2, 1);
    bpf_iter_css_task_destroy(&it);
    SEE_INT(3, bpf_iter_css_task_new(&it, &group->self, 4));
    bpf_iter_css_task_destroy(&it);
    bpf_cgroup_release(group);
    return 0;
}

//! test: threads of a cgroup
//! run: --prog members --global start=40 --global how=0 --world cgroups=1,20 --world other_cgroups=1,40 --obj tasks[5].cgroups.dfl_cgrp=&cgroups[40] --obj tasks[7].tgid=5 --obj tasks[7].cgroups.dfl_cgrp=&cgroups[40] --obj tasks[8].pid=8
//! expect: order = {5, 7, [2 ... 7] = -1}
//! test: processes of a cgroup
//! run: --prog members --global start=40 --global how=3 --world cgroups=1,20 --world other_cgroups=1,40 --obj tasks[5].cgroups.dfl_cgrp=&cgroups[40] --obj tasks[7].tgid=5 --obj tasks[7].cgroups.dfl_cgrp=&cgroups[40] --obj tasks[8].pid=8
//! expect: order = {5, [1 ... 7] = -1}
//! test: tasks that nothing is said of are in the root, the idle task in none
//! run: --prog members --global how=1 --world cgroups=1,20 --obj tasks[8].pid=8 --obj tasks[9].cgroups.dfl_cgrp.kn.id=20
//! expect: order = {8, [1 ... 7] = -1}
//! test: the running task is not alone in its cgroup
//! run: --prog members --global start=20 --global how=1 --world cgroups=1,20 --obj tasks[8].pid=8 --obj tasks[9].cgroups.dfl_cgrp.kn.id=20
//! expect: order = {9, 1000, [2 ... 7] = -1}
SEC("syscall")
int members(void* ctx) {
    struct task_struct* task;
    struct bpf_iter_css_task it;
    struct cgroup* group = bpf_cgroup_from_id(start);
    if (!group) return 0;
    count = 0;
    for (__u32 i = 0; i < 8; ++i) order[i] = -1;
    bpf_iter_css_task_new(&it, &group->self, how);
    while ((task = bpf_iter_css_task_next(&it))) {
        const __u32 at = count++;
        if (at < 8) order[at] = task->pid;
    }
    bpf_iter_css_task_destroy(&it);
    bpf_cgroup_release(group);
    return 0;
}
