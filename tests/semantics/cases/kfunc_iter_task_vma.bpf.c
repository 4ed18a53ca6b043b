// The pieces of a task's memory in user space, one after the other.
//! covers: kfunc bpf_iter_task_vma_new
//! covers: kfunc bpf_iter_task_vma_next
//! covers: kfunc bpf_iter_task_vma_destroy
//! since: 6.7
#include "case.h"

struct mm_struct;
struct task_struct {
    int pid;
    struct mm_struct* mm;
} __attribute__((preserve_access_index));
struct vm_area_struct {
    unsigned long vm_start, vm_end;
} __attribute__((preserve_access_index));

struct bpf_iter_task_vma {
    __u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_task_vma_new(struct bpf_iter_task_vma* it, struct task_struct* task,
                                 __u64 address) __ksym;
extern struct vm_area_struct* bpf_iter_task_vma_next(struct bpf_iter_task_vma* it) __ksym;
extern void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma* it) __ksym;
extern struct task_struct* bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;

__u64 first, second, end;
__u32 count, wrong;

//! test: they come by address, and there are some
//! run: --prog sorted --world task_memory.json
//! expect: seen = {0, 1, 0, 1, 1, 0, 0, 0}
SEC("syscall")
int sorted(void* ctx) {
    struct bpf_iter_task_vma it;
    struct vm_area_struct* vma;
    struct task_struct* own = bpf_get_current_task_btf();
    count = wrong = 0;
    first = second = end = 0;
    SEE_INT(0, bpf_iter_task_vma_new(&it, own, 0));
    while ((vma = bpf_iter_task_vma_next(&it))) {
        wrong += vma->vm_start < end || vma->vm_end <= vma->vm_start;
        if (count == 0) first = vma->vm_start;
        if (count == 1) second = vma->vm_start;
        end = vma->vm_end;
        ++count;
    }
    bpf_iter_task_vma_destroy(&it);
    SEE(1, count > 2);
    SEE(2, wrong);
    bpf_iter_task_vma_new(&it, own, first + 1);
    vma = bpf_iter_task_vma_next(&it);
    if (vma) SEE(3, vma->vm_start == first);
    vma = bpf_iter_task_vma_next(&it);
    if (vma) SEE(4, vma->vm_start == second);
    bpf_iter_task_vma_destroy(&it);
    bpf_iter_task_vma_new(&it, own, -1);
    SEE(5, bpf_iter_task_vma_next(&it) != 0);
    bpf_iter_task_vma_destroy(&it);
    // Every process has its own.
    count = wrong = 0;
    first = second = end = 0;
    return 0;
}

__s64 starts[8];

//! test: those that the world says, from an address on
//! run: --prog list --world task_memory.json --obj tasks[7].pid=7
//! expect: seen = {0, -2, [2 ... 7] = 0}
//! expect: starts = {4210688, 140720308486144, [2 ... 7] = 0}
SEC("syscall")
int list(void* ctx) {
    struct bpf_iter_task_vma it;
    struct vm_area_struct* vma;
    count = 0;
    SEE_INT(0, bpf_iter_task_vma_new(&it, bpf_get_current_task_btf(), 0x404000));
    while ((vma = bpf_iter_task_vma_next(&it))) {
        const __u32 at = count++;
        if (at < 8) starts[at] = vma->vm_start;
    }
    bpf_iter_task_vma_destroy(&it);
    struct task_struct* other = bpf_task_from_pid(7);
    if (!other) return 1;
    SEE_INT(1, bpf_iter_task_vma_new(&it, other, 0));
    if (bpf_iter_task_vma_next(&it)) SEE(2, 1);
    bpf_iter_task_vma_destroy(&it);
    bpf_task_release(other);
    return 0;
}
