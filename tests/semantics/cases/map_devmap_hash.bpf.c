// Network devices by any number, as targets of bpf_redirect_map.
//! covers: map type devmap_hash
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} devices SEC(".maps");

//! test: keys may be larger than the map
//! run: --prog forward --packet hex:02000000000202000000000188b501020304 --set devices 1000 1
//! expect: returned XDP_REDIRECT
//! expect: redirect to map devices[1000], device 1
//! expect: devices (devmap_hash, 1 of 4 entries)

//! test: a key that is not there is no target
//! run: --prog forward --packet hex:02000000000202000000000188b501020304 --set devices 1001 1
//! expect: returned XDP_DROP
SEC("xdp")
int forward(struct xdp_md* ctx) { return bpf_redirect_map(&devices, 1000, XDP_DROP); }
