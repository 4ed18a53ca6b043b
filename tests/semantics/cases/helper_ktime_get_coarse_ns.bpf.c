// The monotonic clock as of the last tick: cheaper, and less than two ticks behind.
//! covers: helper ktime_get_coarse_ns
//! since: 5.11
#include "case.h"

enum { second = 1000000000 };

//! test: it is within a second of the exact clock
//! expect: returned XDP_PASS
SEC("xdp")
int compare(struct xdp_md* ctx) {
    __u64 coarse = bpf_ktime_get_coarse_ns();
    __u64 exact = bpf_ktime_get_ns();
    return exact >= coarse && exact - coarse < second ? XDP_PASS : XDP_DROP;
}
