// A pseudo-random number of 32 bits: fine for sampling, not for secrets.
//! covers: helper get_prandom_u32
#include "case.h"

//! test: the upper half is zero
//! run: --prog width
//! expect: returned XDP_PASS
SEC("xdp")
int width(struct xdp_md* ctx) {
    __u64 number = bpf_get_prandom_u32();
    return number >> 32 == 0 ? XDP_PASS : XDP_DROP;
}

//! test: numbers differ
//! run: --prog differ --world random_seed=1
//! expect: returned XDP_PASS
SEC("xdp")
int differ(struct xdp_md* ctx) {
    __u32 first = bpf_get_prandom_u32();
    int i;
    for (i = 0; i < 8; ++i)
        if (bpf_get_prandom_u32() != first) return XDP_PASS;
    return XDP_DROP;
}
