// Processes: fields, bit fields, sizes and enumerators of what a scheduler knows of them.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))

struct percpu_counter {
    long long count;
} CORE;

struct mm_rss_stat {
    struct {
        long long counter;
    } count[4];
} CORE;

// Counters per CPU since 6.2.
struct mm_struct___old {
    struct mm_rss_stat rss_stat;
} CORE;

struct mm_struct {
    struct percpu_counter rss_stat[4];
    unsigned long arg_start;
} CORE;

struct task_struct___old {
    long state;
} CORE;

struct task_struct {
    unsigned int __state;
    int pid, tgid;
    unsigned in_execve : 1;
    struct task_struct* real_parent;
    struct mm_struct* mm;
    char comm[16];
} CORE;

enum node_stat_item___local { NR_ANON_MAPPED___local, NR_SECONDARY_PAGETABLE___local };

struct sched_ext_entity {
    unsigned long long slice;
} CORE;

struct seen {
    unsigned int state, parent, executes, item, slice_known;
    unsigned long long size, pages;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, int);
    __type(value, struct seen);
} processes SEC(".maps");

static unsigned int state_of(struct task_struct* task) {
    struct task_struct___old* old = (void*)task;
    if (bpf_core_field_exists(task->__state)) return BPF_CORE_READ(task, __state);
    return BPF_CORE_READ(old, state);
}

static unsigned long long file_pages(struct mm_struct* mm) {
    struct mm_struct___old* old = (void*)mm;
    if (bpf_core_type_exists(struct mm_rss_stat))
        return BPF_CORE_READ(old, rss_stat.count[0].counter);
    return BPF_CORE_READ(mm, rss_stat[0].count);
}

SEC("tp_btf/sched_switch")
int switched(unsigned long long* ctx) {
    struct task_struct* task = (void*)ctx[2];
    int pid = BPF_CORE_READ(task, pid);
    struct seen seen = {.state = state_of(task), .size = bpf_core_type_size(struct task_struct)};
    seen.parent = BPF_CORE_READ(task, real_parent, tgid);
    seen.executes = BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
    seen.pages = file_pages(BPF_CORE_READ(task, mm));
    seen.slice_known = bpf_core_type_exists(struct sched_ext_entity);
    if (bpf_core_enum_value_exists(enum node_stat_item___local, NR_SECONDARY_PAGETABLE___local))
        seen.item =
            bpf_core_enum_value(enum node_stat_item___local, NR_SECONDARY_PAGETABLE___local);
    BPF_CORE_READ_STR_INTO(&seen.comm, task, comm);
    bpf_map_update_elem(&processes, &pid, &seen, BPF_ANY);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
