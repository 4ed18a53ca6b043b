// The length of the packet, with fragments.
//! covers: helper xdp_get_buff_len
//! since: 5.18
#include "case.h"

//! test: it follows changes of the packet
//! run: --packet hex:02000000000202000000000188b501020304
//! expect: seen = {18, 14, [2 ... 7] = 0}
SEC("xdp")
int length(struct xdp_md* ctx) {
    SEE(0, bpf_xdp_get_buff_len(ctx));
    bpf_xdp_adjust_tail(ctx, -4);
    SEE(1, bpf_xdp_get_buff_len(ctx));
    return XDP_PASS;
}
