// Calls a function for the area of a task's memory in user space that holds an address.
//! covers: helper find_vma
//! since: 5.17
#include "case.h"

#define BY_NAME __attribute__((preserve_access_index))

struct qstr___case {
    const unsigned char* name;
} BY_NAME;
struct dentry___case {
    struct qstr___case d_name;
} BY_NAME;
struct path___case {
    struct dentry___case* dentry;
} BY_NAME;
struct inode___case {
    unsigned long i_ino;
} BY_NAME;
struct file___case {
    struct path___case f_path;
    struct inode___case* f_inode;
} BY_NAME;
struct mm_struct___case {
    unsigned long start_stack;
    int map_count;
} BY_NAME;
struct vm_area_struct___case {
    unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
    struct mm_struct___case* vm_mm;
    struct file___case* vm_file;
} BY_NAME;
struct task_struct___case {
    int pid;
    struct mm_struct___case* mm;
} BY_NAME;

struct task_struct;
struct vm_area_struct;

struct found {
    __u64 address;
    __u32 calls;
};

static long see_place(struct task_struct* task, struct vm_area_struct* vma, struct found* found) {
    struct vm_area_struct___case* area = (void*)vma;
    ++found->calls;
    SEE(1, area->vm_start <= found->address);
    SEE(2, area->vm_end > found->address);
    SEE(3, area->vm_flags & 3);
    SEE(4, area->vm_file == 0);
    SEE(5, area->vm_mm->map_count > 2);
    SEE(6, ((struct task_struct___case*)task)->pid == (__u32)bpf_get_current_pid_tgid());
    return 1;
}

//! test: the stack is memory without a file, which is read and written
//! run: --prog stack --world task_memory.json
//! expect: seen = {0, 1, 1, 3, [4 ... 7] = 1}
//! test: a task without memory, such as one of the kernel's, has no area
//! run: --prog stack --world fixed
//! expect: seen = {-2, [1 ... 7] = 0}
//! differs on kernel: its task has memory
//! differs on vm:6.1: its task has memory
//! differs on vm:6.12: its task has memory
SEC("raw_tp/sys_enter")
int stack(void* ctx) {
    struct task_struct* task = (void*)bpf_get_current_task_btf();
    struct found found = {.address = ((struct task_struct___case*)task)->mm->start_stack};
    SEE_INT(0, bpf_find_vma(task, found.address, see_place, &found, 0));
    SEE(7, found.calls);
    return 0;
}

static long see_file(struct task_struct* task, struct vm_area_struct* vma, void* name) {
    struct vm_area_struct___case* area = (void*)vma;
    if (!area->vm_file) return 0;
    SEE(1, area->vm_start);
    SEE(2, area->vm_end);
    SEE(3, area->vm_flags);
    SEE(4, area->vm_pgoff);
    SEE(5, area->vm_file->f_inode->i_ino);
    bpf_probe_read_kernel_str(name, 8, area->vm_file->f_path.dentry->d_name.name);
    return 0;
}

//! test: an area of a file has its place in it, the file and its name
//! run: --prog file --world task_memory.json
//! expect: seen = {0, 4194304, 4210688, 117, 2, 77, 7627107, 0}
//! differs on vm:6.1: its task has other memory
//! differs on vm:6.12: its task has other memory
SEC("raw_tp/sys_enter")
int file(void* ctx) {
    char name[8] = {};
    SEE_INT(0, bpf_find_vma(bpf_get_current_task_btf(), 0x403fff, see_file, name, 0));
    SEE(6, *(__u64*)name);
    return 0;
}

//! test: flags are -EINVAL, addresses between areas -ENOENT, and nobody is called
//! run: --prog errors --world task_memory.json
//! expect: seen = {-22, -2, -2, -2, [4 ... 7] = 0}
SEC("raw_tp/sys_enter")
int errors(void* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    struct found found = {};
    SEE_INT(0, bpf_find_vma(task, 0, see_place, &found, 1));
    SEE_INT(1, bpf_find_vma(task, 0, see_place, &found, 0));
    SEE_INT(2, bpf_find_vma(task, 1, see_place, &found, 0));
    SEE_INT(3, bpf_find_vma(task, 1ULL << 63, see_place, &found, 0));
    SEE(4, found.calls);
    return 0;
}
