// International Atomic Time since 1970: later than the time since boot.
//! covers: helper ktime_get_tai_ns
//! since: 6.1
#include "case.h"

//! test: it is later than the time since boot and does not go back
//! expect: returned XDP_PASS
SEC("xdp")
int compare(struct xdp_md* ctx) {
    __u64 boot = bpf_ktime_get_boot_ns();
    __u64 tai = bpf_ktime_get_tai_ns();
    return tai > boot && bpf_ktime_get_tai_ns() >= tai ? XDP_PASS : XDP_DROP;
}
