// Sockets of a SO_REUSEPORT group, one of which takes the packet.
//! covers: map type reuseport_sockarray
//! covers: helper sk_select_reuseport
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
    __uint(max_entries, 3);
    __type(key, __u32);
    __type(value, __u64);
} sockets SEC(".maps");

//! test: one is chosen, if it fits the packet
//! run: --prog select --ctx ip_protocol=17 --world reuseport.json --set sockets 0 1
//! run: --set sockets 1 2
//! expect: socket dns assigned
//! expect: seen = {0, -91, -2, -22, [4 ... 7] = 0}
SEC("sk_reuseport")
int select(struct sk_reuseport_md* ctx) {
    __u32 key = 0;
    SEE_INT(0, bpf_sk_select_reuseport(ctx, &sockets, &key, 0));
    key = 1;
    SEE_INT(1, bpf_sk_select_reuseport(ctx, &sockets, &key, 0));
    key = 2;
    SEE_INT(2, bpf_sk_select_reuseport(ctx, &sockets, &key, 0));
    SEE_INT(3, bpf_sk_select_reuseport(ctx, &sockets, &key, 1));
    return SK_PASS;
}
