// Moves the end of the packet: it is cut, or grows by zeros.
//! covers: helper xdp_adjust_tail
#include "case.h"

//! test: the packet grows by zeros
//! run: --prog grow --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 22 bytes)
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int grow(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_tail(ctx, 4));
    return XDP_PASS;
}

//! test: the packet is cut
//! run: --prog cut --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 15 bytes)
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int cut(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_tail(ctx, -3));
    return XDP_PASS;
}

//! test: an Ethernet header has to remain, and a page has an end: -EINVAL
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -22, [2 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_tail(ctx, -5));
    SEE_INT(1, bpf_xdp_adjust_tail(ctx, 4096));
    return XDP_PASS;
}
