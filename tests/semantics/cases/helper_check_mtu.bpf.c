// Whether a packet, or one as long as is said, fits a device.
//! covers: helper check_mtu
//! since: 5.12
#include "case.h"

//! test: socket buffers
//! run: --prog buffer --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 65536, 0, 1, -22, -19, 5, 1}
//! differs on vm:6.1: it clears the length where it cannot answer
SEC("tc")
int buffer(struct __sk_buff* ctx) {
    __u32 mtu = 0;
    SEE_INT(0, bpf_check_mtu(ctx, 0, &mtu, 0, 0));
    SEE(1, mtu);
    SEE_INT(2, bpf_check_mtu(ctx, 1, &mtu, 0, 0));
    SEE_INT(3, bpf_check_mtu(ctx, 1, &mtu, 1, 0));
    mtu = 5;
    SEE_INT(4, bpf_check_mtu(ctx, 1, &mtu, 0, BPF_MTU_CHK_SEGS));
    SEE_INT(5, bpf_check_mtu(ctx, 4711, &mtu, 0, 0));
    SEE(6, mtu);
    mtu = 0;
    SEE_INT(7, bpf_check_mtu(ctx, 1, &mtu, 70000, 0));
    return TC_ACT_OK;
}

//! test: XDP packets
//! run: --prog frame --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 65536, 0, 1, -22, -19, 5, 0}
//! differs on vm:6.1: it clears the length where it cannot answer
SEC("xdp")
int frame(struct xdp_md* ctx) {
    __u32 mtu = 0;
    SEE_INT(0, bpf_check_mtu(ctx, 0, &mtu, 0, 0));
    SEE(1, mtu);
    SEE_INT(2, bpf_check_mtu(ctx, 1, &mtu, 0, 0));
    SEE_INT(3, bpf_check_mtu(ctx, 1, &mtu, 1, 0));
    mtu = 5;
    SEE_INT(4, bpf_check_mtu(ctx, 1, &mtu, 0, BPF_MTU_CHK_SEGS));
    SEE_INT(5, bpf_check_mtu(ctx, 4711, &mtu, 0, 0));
    SEE(6, mtu);
    mtu = 0;
    SEE_INT(7, bpf_check_mtu(ctx, 1, &mtu, -70000, 0));
    return XDP_PASS;
}

//! test: packets to be segmented fit
//! run: --prog segments --ctx gso_size=100 --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {0, 65536, [2 ... 7] = 0}
SEC("tc")
int segments(struct __sk_buff* ctx) {
    __u32 mtu = 0;
    SEE_INT(0, bpf_check_mtu(ctx, 0, &mtu, 70000, 0));
    SEE(1, mtu);
    mtu = 0;
    SEE_INT(2, bpf_check_mtu(ctx, 1, &mtu, 0, BPF_MTU_CHK_SEGS));
    return TC_ACT_OK;
}

//! test: a device of the world
//! run: --prog other --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {1, 1400, [2 ... 7] = 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int other(struct __sk_buff* ctx) {
    __u32 mtu = 1401;
    SEE_INT(0, bpf_check_mtu(ctx, 3, &mtu, 0, 0));
    SEE(1, mtu);
    return TC_ACT_OK;
}
