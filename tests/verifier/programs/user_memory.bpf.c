// Memory of user space that a map's values point to.
#include "kernel.h"

struct ud {
    int a, b;
};
/// Makes the compiler describe the struct.
struct ud described;
struct uv {
    struct ud __uptr* u;
    long x;
};
struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct uv);
} ts SEC(".maps");
#define UV                                                                          \
    ({                                                                              \
        struct uv* v = bpf_task_storage_get(&ts, bpf_get_current_task_btf(), 0, 0); \
        if (!v) return 0;                                                           \
        v;                                                                          \
    })

ACCEPTED
SEC("tp_btf/sched_switch")
int load(void* c) {
    struct uv* v = UV;
    struct ud* d = (void*)v->u;
    if (!d) return 0;
    d->a = 1;
    return d->b;
}

REJECTED("R1 invalid mem access 'mem_or_null'")
SEC("tp_btf/sched_switch")
int load_unchecked(void* c) {
    struct uv* v = UV;
    struct ud* d = (void*)v->u;
    d->a = 1;
    return d->b;
}

REJECTED("R1 min value is outside of the allowed memory range")
SEC("tp_btf/sched_switch")
int load_oob(void* c) {
    struct uv* v = UV;
    struct ud* d = (void*)v->u;
    if (!d) return 0;
    return ((volatile int*)d)[2];
}

REJECTED("store to uptr disallowed")
SEC("tp_btf/sched_switch")
int store(void* c) {
    struct uv* v = UV;
    v->u = 0;
    return 0;
}

REJECTED("store to uptr disallowed")
SEC("tp_btf/sched_switch")
int store_reg(void* c) {
    struct uv* v = UV;
    *(volatile long*)&v->u = v->x;
    return 0;
}

REJECTED("uptr access size must be BPF_DW")
SEC("tp_btf/sched_switch")
int part(void* c) {
    struct uv* v = UV;
    return *(volatile int*)&v->u;
}

REJECTED("R1 has no valid kptr")
SEC("tp_btf/sched_switch")
int xchg(void* c) {
    struct uv* v = UV;
    bpf_kptr_xchg((void*)&v->u, 0);
    return 0;
}

REJECTED("uptr cannot be accessed indirectly by helper")
SEC("tp_btf/sched_switch")
int helper(void* c) {
    struct uv* v = UV;
    bpf_probe_read_kernel(v, 16, (void*)8);
    return 0;
}

ACCEPTED
SEC("tp_btf/sched_switch")
int to_helper(void* c) {
    struct uv* v = UV;
    struct ud* d = (void*)v->u;
    if (!d) return 0;
    bpf_probe_read_kernel(d, 8, (void*)8);
    return 0;
}

ACCEPTED
SEC("syscall")
int sload(void* c) {
    struct uv* v = UV;
    struct ud* d = (void*)v->u;
    if (!d) return 0;
    d->a = 1;
    return d->b;
}
