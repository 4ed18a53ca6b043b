// What exists once per CPU: objects of a program, variables of the kernel.
//! covers: helper per_cpu_ptr
//! covers: helper this_cpu_ptr
//! covers: kfunc bpf_percpu_obj_new_impl
//! covers: kfunc bpf_percpu_obj_drop_impl
//! since: 6.7
#include "case.h"

#include <bpf/bpf_core_read.h>

extern void* bpf_percpu_obj_new_impl(__u64 type, void* meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void* object, void* meta) __ksym;

#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))

struct numbers {
    long first, second;
};

struct slot {
    struct numbers __percpu_kptr* numbers;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct slot);
} slots SEC(".maps");

//! test: each CPU has its own part of an object
//! run: --prog parts
//! expect: seen = {7, 0, 1, 7, [4 ... 7] = 0}
SEC("tc")
int parts(struct __sk_buff* skb) {
    const __u32 key = 0;
    struct slot* slot = bpf_map_lookup_elem(&slots, &key);
    if (!slot) return 0;
    struct numbers __percpu_kptr* made =
        bpf_percpu_obj_new_impl(bpf_core_type_id_local(struct numbers), 0);
    if (!made) return 0;
    struct numbers __percpu_kptr* old = bpf_kptr_xchg(&slot->numbers, made);
    if (old) bpf_percpu_obj_drop_impl((void*)old, 0);
    made = slot->numbers;
    if (!made) return 0;
    struct numbers* mine = bpf_this_cpu_ptr((void*)made);
    mine->first = 7;
    SEE(0, mine->first);
    SEE(1, mine->second);
    SEE(2, bpf_per_cpu_ptr((void*)made, 1 << 20) == 0);
    struct numbers* again = bpf_per_cpu_ptr((void*)made, bpf_get_smp_processor_id());
    if (again) SEE(3, again->first);
    return 0;
}

struct rq {
    unsigned int nr_running;
} __attribute__((preserve_access_index));
extern const struct rq runqueues __ksym;

//! test: a variable of the kernel that each CPU has
//! differs on kernel: only with CONFIG_KALLSYMS_ALL it knows where the variable is
//! run: --prog variable --unverified
//! expect: seen = {1, 1, 1, [3 ... 7] = 0}
SEC("syscall")
int variable(void* ctx) {
    const struct rq* mine = bpf_this_cpu_ptr(&runqueues);
    SEE(0, mine->nr_running < 1 << 20);
    const struct rq* first = bpf_per_cpu_ptr(&runqueues, 0);
    SEE(1, first != 0);
    SEE(2, bpf_per_cpu_ptr(&runqueues, 1 << 20) == 0);
    return 0;
}
