// Memory into the packet, also into fragments.
//! covers: helper xdp_store_bytes
//! since: 5.18
#include "case.h"

//! test: the bytes are in the packet
//! run: --prog store --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 bytes)
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int store(struct xdp_md* ctx) {
    __be32 word = bpf_htonl(0xaabbccdd);
    SEE_INT(0, bpf_xdp_store_bytes(ctx, ETH_HLEN, &word, sizeof(word)));
    return XDP_PASS;
}

//! test: bytes past the end are -EINVAL, an offset of more than 16 bits -EFAULT
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -14, [2 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    __u32 word = 5;
    SEE_INT(0, bpf_xdp_store_bytes(ctx, ETH_HLEN + 1, &word, sizeof(word)));
    SEE_INT(1, bpf_xdp_store_bytes(ctx, 1 << 16, &word, sizeof(word)));
    return XDP_PASS;
}
