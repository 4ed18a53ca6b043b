// tc: socket buffers with their metadata, which the program may change.
//! covers: program type sched_cls
#include "case.h"

//! test: what the kernel knows of the frame
//! run: --prog look --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned TC_ACT_OK
//! expect: seen = {34, 2048, 1, 34, 69, 0, 0, 0}
SEC("tc")
int look(struct __sk_buff* skb) {
    __u8* data = (void*)(long)skb->data;
    if ((void*)(data + ETH_HLEN + 1) > (void*)(long)skb->data_end) return TC_ACT_SHOT;
    SEE(0, skb->len);
    SEE(1, bpf_ntohs(skb->protocol));
    SEE(2, skb->ifindex);
    SEE(3, skb->wire_len);
    SEE(4, data[ETH_HLEN]);
    return TC_ACT_OK;
}

//! test: metadata comes from before and goes to what follows
//! run: --prog mark --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! run: --ctx mark=40 --ctx cb[1]=7
//! expect: returned TC_ACT_OK
//! expect: mark 40 -> 42
//! expect: priority 0 -> 6
//! expect: cb[2] 0 -> 8
SEC("tc")
int mark(struct __sk_buff* skb) {
    skb->mark += 2;
    skb->priority = 6;
    skb->cb[2] = skb->cb[1] + 1;
    return TC_ACT_OK;
}

//! test: bytes are written in place
//! run: --prog write --packet hex:02000000000202000000000188b501020304
//! expect: returned TC_ACT_SHOT
//! expect: packet changed (18 bytes)
SEC("tc")
int write(struct __sk_buff* skb) {
    __u8* data = (void*)(long)skb->data;
    if ((void*)(data + ETH_HLEN) > (void*)(long)skb->data_end) return TC_ACT_OK;
    data[0] ^= 1;
    return TC_ACT_SHOT;
}
