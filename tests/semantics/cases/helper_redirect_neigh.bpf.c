// The packet out of a device, its link header filled in by the neighbour subsystem.
//! covers: helper redirect_neigh
//! since: 5.10
#include "case.h"

enum { ipv4 = 2 };

//! test: the next hop comes from the routes
//! run: --prog routed --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned TC_ACT_REDIRECT
//! expect: redirect to neighbour 1
SEC("tc")
int routed(struct __sk_buff* skb) { return bpf_redirect_neigh(1, 0, 0, 0); }

//! test: the next hop is given
//! run: --prog given --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned TC_ACT_REDIRECT
//! expect: redirect to neighbour 1
SEC("tc")
int given(struct __sk_buff* skb) {
    struct bpf_redir_neigh hop = {.nh_family = ipv4, .ipv4_nh = bpf_htonl(0xc0000202)};
    return bpf_redirect_neigh(1, &hop, sizeof(hop), 0);
}

//! test: flags and a next hop that is cut drop the packet
//! run: --prog bad --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned TC_ACT_SHOT
//! expect: seen = {2, [1 ... 7] = 0}
SEC("tc")
int bad(struct __sk_buff* skb) {
    struct bpf_redir_neigh hop = {.nh_family = ipv4};
    SEE_INT(0, bpf_redirect_neigh(1, &hop, sizeof(hop) - 4, 0));
    return bpf_redirect_neigh(1, 0, 0, 1);
}
