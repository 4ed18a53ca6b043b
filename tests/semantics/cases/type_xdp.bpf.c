// XDP: raw frames at the driver, in reach by pointers; the verdict says where they go.
//! covers: program type xdp
#include "case.h"

//! test: the context says where a frame is from and how long it is
//! run: --prog look --packet hex:02000000000202000000000188b501020304
//! expect: returned XDP_PASS
//! expect: seen = {18, 1, 0, 34997, [4 ... 7] = 0}
SEC("xdp")
int look(struct xdp_md* ctx) {
    struct ethhdr* eth = (void*)(long)ctx->data;
    if ((void*)(eth + 1) > (void*)(long)ctx->data_end) return XDP_DROP;
    SEE(0, ctx->data_end - ctx->data);
    SEE(1, ctx->ingress_ifindex);
    SEE(2, ctx->rx_queue_index);
    SEE(3, bpf_ntohs(eth->h_proto));
    return XDP_PASS;
}

//! test: a frame is written in place and sent back
//! run: --prog reflect --packet hex:02000000000202000000000188b501020304
//! expect: returned XDP_TX
//! expect: packet changed (18 bytes)
//! expect: + 0000 02 00 00 00 00 01 02 00 00 00 00 02
SEC("xdp")
int reflect(struct xdp_md* ctx) {
    struct ethhdr *eth = (void*)(long)ctx->data, before;
    if ((void*)(eth + 1) > (void*)(long)ctx->data_end) return XDP_DROP;
    before = *eth;
    __builtin_memcpy(eth->h_dest, before.h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, before.h_dest, ETH_ALEN);
    return XDP_TX;
}
