// Bytes of the packet into memory, also out of fragments.
//! covers: helper xdp_load_bytes
//! since: 5.18
#include "case.h"

//! test: bytes from an offset
//! run: --prog load --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 16909060, [2 ... 7] = 0}
SEC("xdp")
int load(struct xdp_md* ctx) {
    __be32 word = 0;
    SEE_INT(0, bpf_xdp_load_bytes(ctx, ETH_HLEN, &word, sizeof(word)));
    SEE(1, bpf_ntohl(word));
    return XDP_PASS;
}

//! test: bytes past the end are -EINVAL, an offset of more than 16 bits -EFAULT
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -14, 5, [3 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    __u32 word = 5;
    SEE_INT(0, bpf_xdp_load_bytes(ctx, ETH_HLEN + 1, &word, sizeof(word)));
    SEE_INT(1, bpf_xdp_load_bytes(ctx, 1 << 16, &word, sizeof(word)));
    SEE(2, word);
    return XDP_PASS;
}
