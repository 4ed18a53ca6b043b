// A jump into another program that does not come back, at most 33 of them in a row.
//! covers: helper tail_call
#include "case.h"

__u64 runs;

int target(struct xdp_md* ctx);
int again(struct xdp_md* ctx);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 3);
    __type(key, __u32);
    __array(values, int(struct xdp_md*));
} programs SEC(".maps") = {.values = {[0] = &target, [1] = &again}};

SEC("xdp")
int target(struct xdp_md* ctx) { return XDP_TX; }

//! test: the other program's result is the result
//! run: --prog jump
//! expect: returned XDP_TX
//! expect: seen = {1, [1 ... 7] = 0}
SEC("xdp")
int jump(struct xdp_md* ctx) {
    SEE(0, 1);
    bpf_tail_call(ctx, &programs, 0);
    SEE(1, 1);
    return XDP_PASS;
}

//! test: an empty or absent slot is no jump
//! run: --prog miss
//! expect: returned XDP_PASS
//! expect: seen = {0, 1, 1, [3 ... 7] = 0}
SEC("xdp")
int miss(struct xdp_md* ctx) {
    bpf_tail_call(ctx, &programs, 2);
    SEE(1, 1);
    bpf_tail_call(ctx, &programs, 3);
    SEE(2, 1);
    return XDP_PASS;
}

//! test: the 34th jump in a row is none
//! run: --prog again
//! expect: returned XDP_DROP
//! expect: runs = 34
SEC("xdp")
int again(struct xdp_md* ctx) {
    ++runs;
    bpf_tail_call(ctx, &programs, 1);
    return XDP_DROP;
}
