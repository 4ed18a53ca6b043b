// Network devices by index, as targets of bpf_redirect_map.
//! covers: map type devmap
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} devices SEC(".maps");

//! test: a device can be looked up, and is a target
//! run: --prog forward --packet hex:02000000000202000000000188b501020304 --set devices 2 1
//! expect: returned XDP_REDIRECT
//! expect: redirect to map devices[2], device 1
//! expect: 2 -> 1
//! expect: seen = {1, 1, 1, [3 ... 7] = 0}
SEC("xdp")
int forward(struct xdp_md* ctx) {
    __u32 key = 2, empty = 1, past = 4;
    __u32* ifindex = bpf_map_lookup_elem(&devices, &key);
    if (ifindex) SEE(0, *ifindex);
    SEE(1, bpf_map_lookup_elem(&devices, &empty) == 0);
    SEE(2, bpf_map_lookup_elem(&devices, &past) == 0);
    return bpf_redirect_map(&devices, key, XDP_DROP);
}
