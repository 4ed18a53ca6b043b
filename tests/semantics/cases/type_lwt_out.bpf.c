// Packets that go out by a route: they may be read and dropped.
//! covers: program type lwt_out
#include "case.h"

//! test: the time to live is read at the network layer
//! run: --packet hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned BPF_OK
//! expect: seen = {64, 2048, [2 ... 7] = 0}
SEC("lwt_out")
int output(struct __sk_buff* skb) {
    __u8 ttl = 0;
    bpf_skb_load_bytes(skb, 8, &ttl, sizeof(ttl));
    SEE(0, ttl);
    SEE(1, bpf_ntohs(skb->protocol));
    return BPF_OK;
}
