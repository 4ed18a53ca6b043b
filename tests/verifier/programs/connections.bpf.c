// Writes to connections of conntrack: only to their mark.
#include "kernel.h"

struct bpf_sock_tuple {
    __u32 words[9];
};
struct bpf_ct_opts {
    __s32 netns_id, error;
    __u8 l4proto, rest[3];
};
struct nf_conn {
    unsigned long status;
    __u32 mark;
} __attribute__((preserve_access_index));
struct nf_conn___init {
    struct nf_conn ct;
} __attribute__((preserve_access_index));

extern struct nf_conn* bpf_skb_ct_lookup(struct __sk_buff* ctx, struct bpf_sock_tuple* tuple,
                                         __u32 tuple__sz, struct bpf_ct_opts* opts,
                                         __u32 opts__sz) __ksym;
extern struct nf_conn___init* bpf_skb_ct_alloc(struct __sk_buff* ctx, struct bpf_sock_tuple* tuple,
                                               __u32 tuple__sz, struct bpf_ct_opts* opts,
                                               __u32 opts__sz) __ksym;
extern struct nf_conn* bpf_ct_insert_entry(struct nf_conn___init* ct) __ksym;
extern void bpf_ct_release(struct nf_conn* ct) __ksym;
extern struct task_struct* bpf_task_from_pid(__s32 pid) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;

#define TUPLE_AND_OPTIONS             \
    struct bpf_sock_tuple tuple = {}; \
    struct bpf_ct_opts opts = {.netns_id = -1, .l4proto = 17}

/// A program that finds a connection `ct` and does this with it.
#define WITH_CONNECTION(name, statement)                                              \
    SEC("tc")                                                                         \
    int name(struct __sk_buff* ctx) {                                                 \
        TUPLE_AND_OPTIONS;                                                            \
        struct nf_conn* ct = bpf_skb_ct_lookup(ctx, &tuple, 12, &opts, sizeof(opts)); \
        if (!ct) return 0;                                                            \
        statement;                                                                    \
        bpf_ct_release(ct);                                                           \
        return 0;                                                                     \
    }

ACCEPTED
WITH_CONNECTION(mark, ct->mark = 3)

ACCEPTED
WITH_CONNECTION(half_of_the_mark, *(volatile __u16*)& ct->mark = 3)

REJECTED("no write support to nf_conn at off 170")
WITH_CONNECTION(second_half_of_the_mark, ((volatile __u16*)&ct->mark)[1] = 3)

ACCEPTED
WITH_CONNECTION(atomic_mark, __sync_fetch_and_add(&ct->mark, 1))

REJECTED("no write support to nf_conn at off 128")
WITH_CONNECTION(status, ct->status = 3)

ACCEPTED
SEC("tc")
int mark_before_it_is_inserted(struct __sk_buff* ctx) {
    TUPLE_AND_OPTIONS;
    struct nf_conn___init* made = bpf_skb_ct_alloc(ctx, &tuple, 12, &opts, sizeof(opts));
    if (!made) return 0;
    made->ct.mark = 3;
    struct nf_conn* ct = bpf_ct_insert_entry(made);
    if (ct) bpf_ct_release(ct);
    return 0;
}

REJECTED("only read is supported")
SEC("xdp")
int task(struct xdp_md* ctx) {
    struct task_struct* it = bpf_task_from_pid(1);
    if (!it) return 0;
    it->pid = 4;
    bpf_task_release(it);
    return 0;
}
