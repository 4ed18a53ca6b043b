// Packets that come in by a route: they may be read and dropped.
//! covers: program type lwt_in
#include "case.h"

//! test: one protocol is dropped; the data begins at the network layer
//! run: --packet hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned BPF_DROP
//! expect: seen = {20, 17, [2 ... 7] = 0}
SEC("lwt_in")
int input(struct __sk_buff* skb) {
    __u8* ip = (void*)(long)skb->data;
    if ((void*)(ip + 20) > (void*)(long)skb->data_end) return BPF_OK;
    SEE(0, skb->len);
    SEE(1, ip[9]);
    return ip[9] == 17 ? BPF_DROP : BPF_OK;
}
