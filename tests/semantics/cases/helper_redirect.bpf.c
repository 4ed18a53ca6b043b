// The packet to another device; the verdict says so, the device is looked for afterwards.
//! covers: helper redirect
#include "case.h"

//! test: from XDP
//! run: --prog from_xdp --packet hex:02000000000202000000000188b501020304
//! expect: returned XDP_REDIRECT
//! expect: redirect to device 1
SEC("xdp")
int from_xdp(struct xdp_md* ctx) { return bpf_redirect(1, 0); }

//! test: from tc, into the device instead of out of it
//! run: --prog from_tc --packet hex:02000000000202000000000188b501020304
//! expect: returned TC_ACT_REDIRECT
//! expect: redirect to device 1, flags 0x1
SEC("tc")
int from_tc(struct __sk_buff* skb) { return bpf_redirect(1, BPF_F_INGRESS); }

//! test: XDP knows no flags
//! run: --prog bad_xdp --packet hex:02000000000202000000000188b501020304
//! expect: returned XDP_ABORTED
SEC("xdp")
int bad_xdp(struct xdp_md* ctx) { return bpf_redirect(1, BPF_F_INGRESS); }

//! test: unknown flags drop the packet
//! run: --prog bad_tc --packet hex:02000000000202000000000188b501020304
//! expect: returned TC_ACT_SHOT
SEC("tc")
int bad_tc(struct __sk_buff* skb) { return bpf_redirect(1, 2); }
