// Metadata in front of the packet, for a program that runs later.
//! covers: helper xdp_adjust_meta
#include "case.h"

//! test: a word of metadata can be written
//! run: --prog word --packet hex:02000000000202000000000188b501020304
//! expect: returned XDP_PASS
//! expect: seen = {0, 4, [2 ... 7] = 0}
SEC("xdp")
int word(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_meta(ctx, -4));
    __u32* meta = (void*)(long)ctx->data_meta;
    if ((void*)(meta + 1) > (void*)(long)ctx->data) return XDP_DROP;
    *meta = 0x01020304;
    SEE(1, ctx->data - ctx->data_meta);
    return XDP_PASS;
}

//! test: half a word is -EACCES, behind the start of the packet or out of its room -EINVAL
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-13, -22, -22, [3 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_meta(ctx, -3));
    SEE_INT(1, bpf_xdp_adjust_meta(ctx, 4));
    SEE_INT(2, bpf_xdp_adjust_meta(ctx, -220));
    return XDP_PASS;
}

//! test: more than eight words of metadata
//! run: --prog many --packet hex:02000000000202000000000188b501020304
//! expect: seen = {[0 ... 7] = 0}
//! differs on vm:6.1: metadata had at most 32 bytes in Linux 6.1: -EACCES
SEC("xdp")
int many(struct xdp_md* ctx) {
    SEE_INT(0, bpf_xdp_adjust_meta(ctx, -36));
    SEE_INT(1, bpf_xdp_adjust_meta(ctx, 36));
    return XDP_PASS;
}
