// Programs by index, for tail calls; user space fills it, programs only jump.
//! covers: map type prog_array
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} steps SEC(".maps");

SEC("xdp")
int drop(struct xdp_md* ctx) { return XDP_DROP; }

SEC("xdp")
int reflect(struct xdp_md* ctx) { return XDP_TX; }

//! test: the jump goes to the program in the slot
//! run: --prog dispatch --set steps 0 drop --set steps 2 reflect
//! expect: returned XDP_TX
//! expect: steps (prog_array, 2 of 4 entries)
//! expect: 2 -> reflect

//! test: without a program in the slot it goes on
//! run: --prog dispatch --set steps 0 drop
//! expect: returned XDP_PASS
SEC("xdp")
int dispatch(struct xdp_md* ctx) {
    bpf_tail_call(ctx, &steps, 2);
    return XDP_PASS;
}
