// Moves the start of the packet: forward takes bytes away, backward makes room.
//! covers: helper xdp_adjust_head
#include "case.h"

//! test: room in front that the program writes
//! run: --prog grow --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 22 bytes)
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int grow(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_head(ctx, -4));
    __be32* front = (void*)(long)ctx->data;
    if ((void*)(front + 1) > (void*)(long)ctx->data_end) return XDP_DROP;
    *front = bpf_htonl(0xaabbccdd);
    return XDP_PASS;
}

//! test: bytes in front are taken away
//! run: --prog cut --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 14 bytes)
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int cut(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_head(ctx, 4));
    return XDP_PASS;
}

//! test: an Ethernet header has to remain, and there is no room for ever: -EINVAL
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -22, [2 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_head(ctx, 5));
    SEE_INT(1, bpf_xdp_adjust_head(ctx, -257));
    return XDP_PASS;
}
