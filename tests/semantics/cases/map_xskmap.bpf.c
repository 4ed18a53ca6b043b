// AF_XDP sockets by queue, as targets of bpf_redirect_map.
//! covers: map type xskmap
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} sockets SEC(".maps");

//! test: a queue without a socket gives what the flags say
//! run: --packet hex:02000000000202000000000188b501020304
//! expect: returned XDP_PASS
//! expect: seen = {1, [1 ... 7] = 0}
SEC("xdp")
int receive(struct xdp_md* ctx) {
    __u32 queue = ctx->rx_queue_index;
    SEE(0, bpf_map_lookup_elem(&sockets, &queue) == 0);
    return bpf_redirect_map(&sockets, queue, XDP_PASS);
}
