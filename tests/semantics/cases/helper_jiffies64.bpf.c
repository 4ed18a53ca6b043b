// The 64-bit count of timer ticks; its lower half overflows five minutes after boot.
//! covers: helper jiffies64
//! since: 5.6
#include "case.h"

//! test: it does not go back
//! expect: returned XDP_PASS
SEC("xdp")
int twice(struct xdp_md* ctx) {
    __u64 before = bpf_jiffies64();
    return before != 0 && bpf_jiffies64() >= before ? XDP_PASS : XDP_DROP;
}
