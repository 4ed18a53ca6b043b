// The packet to a target in a map; where there is none, the flags say what to do.
//! covers: helper redirect_map
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} devices SEC(".maps");

//! test: the packet goes to the device in the map
//! run: --prog known --packet hex:02000000000202000000000188b501020304 --set devices 2 1
//! expect: returned XDP_REDIRECT
//! expect: redirect to map devices[2], device 1
SEC("xdp")
int known(struct xdp_md* ctx) { return bpf_redirect_map(&devices, 2, 0); }

//! test: without a target the lower bits of the flags are the verdict
//! run: --prog unknown --packet hex:02000000000202000000000188b501020304 --set devices 2 1
//! expect: returned XDP_TX
SEC("xdp")
int unknown(struct xdp_md* ctx) { return bpf_redirect_map(&devices, 3, XDP_TX); }

//! test: unknown flags abort
//! run: --prog bad --packet hex:02000000000202000000000188b501020304 --set devices 2 1
//! expect: returned XDP_ABORTED
SEC("xdp")
int bad(struct xdp_md* ctx) { return bpf_redirect_map(&devices, 2, 1 << 6); }

//! test: BPF_F_BROADCAST goes to all, whatever the key
//! run: --prog all --packet hex:02000000000202000000000188b501020304 --set devices 2 1
//! expect: returned XDP_REDIRECT
//! expect: flags 0x18
SEC("xdp")
int all(struct xdp_md* ctx) {
    return bpf_redirect_map(&devices, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
}
