// What a segment of IPv6 routing does with a packet.
//! covers: program type lwt_seg6local
#include "case.h"

//! test: the packet is read at the network layer and marked for what follows
//! run: --packet hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned BPF_DROP
//! expect: cb[0] 0 -> 69
SEC("lwt_seg6local")
int segment(struct __sk_buff* skb) {
    __u8* ip = (void*)(long)skb->data;
    if ((void*)(ip + 1) > (void*)(long)skb->data_end) return BPF_OK;
    skb->cb[0] = ip[0];
    return BPF_DROP;
}
