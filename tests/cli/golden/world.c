#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

//! test: the clock stands still, whatever else is said of the world
//! run: --world uid=7
//! expect: trace 7 at 1000000000
SEC("xdp")
int now(struct xdp_md *ctx) {
    bpf_printk("%d at %lld", (int)bpf_get_current_uid_gid(), bpf_ktime_get_ns());
    return XDP_PASS;
}
