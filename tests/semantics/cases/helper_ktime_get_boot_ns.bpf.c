// The clock that goes on while the machine is suspended: never behind the monotonic one.
//! covers: helper ktime_get_boot_ns
//! since: 5.7
#include "case.h"

//! test: it is not behind the monotonic clock
//! expect: returned XDP_PASS
SEC("xdp")
int compare(struct xdp_md* ctx) {
    __u64 monotonic = bpf_ktime_get_ns();
    return bpf_ktime_get_boot_ns() >= monotonic ? XDP_PASS : XDP_DROP;
}
