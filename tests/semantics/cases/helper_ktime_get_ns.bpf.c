// The monotonic clock in nanoseconds.
//! covers: helper ktime_get_ns
#include "case.h"

//! test: time does not go back
//! run: --world ktime_ns=5000000000 --world ktime_step_ns=10
//! expect: returned XDP_PASS
//! expect: seen = {5000000000, 5000000010, [2 ... 7] = 0}
SEC("xdp")
int twice(struct xdp_md* ctx) {
    __u64 before = bpf_ktime_get_ns();
    __u64 after = bpf_ktime_get_ns();
    SEE(0, before);
    SEE(1, after);
    return after >= before ? XDP_PASS : XDP_DROP;
}
