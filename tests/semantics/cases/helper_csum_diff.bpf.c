// The checksum of what is added, less that of what is taken away.
//! covers: helper csum_diff
#include "case.h"

static __u16 folded(__u32 sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

//! test: added bytes count, removed ones count against the seed
//! run: --prog sums
//! expect: seen = {10, 17, [2 ... 7] = 0}
SEC("xdp")
int sums(struct xdp_md* ctx) {
    __u16 added[] = {1, 9}, removed[] = {2, 3};
    SEE(0, folded(bpf_csum_diff(0, 0, (void*)added, sizeof(added), 0)));
    SEE(1, folded(bpf_csum_diff((void*)removed, 4, (void*)added, 4, 12)));
    return XDP_PASS;
}

//! test: any size counts as if zeros followed
//! run: --prog odd
//! expect: seen = {1, [1 ... 7] = 0}
//! differs on vm:6.1: sizes had to be multiples of 4 before Linux 6.13: -EINVAL
//! differs on vm:6.12: sizes had to be multiples of 4 before Linux 6.13: -EINVAL
SEC("xdp")
int odd(struct xdp_md* ctx) {
    __u16 added[] = {1, 9};
    SEE_INT(0, bpf_csum_diff(0, 0, (void*)added, 2, 0));
    return XDP_PASS;
}

//! test: the sum has 16 bits
//! run: --prog width
//! expect: seen = {2, [1 ... 7] = 0}
//! differs on vm:6.1: sums had 32 bits before Linux 6.13
//! differs on vm:6.12: sums had 32 bits before Linux 6.13
SEC("xdp")
int width(struct xdp_md* ctx) {
    __u16 added[] = {1, 1};
    SEE(0, bpf_csum_diff(0, 0, (void*)added, sizeof(added), 0));
    return XDP_PASS;
}
