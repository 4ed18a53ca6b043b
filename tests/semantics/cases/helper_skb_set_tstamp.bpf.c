// When the packet is to leave, and by which clock.
//! covers: helper skb_set_tstamp
//! since: 6.12
#include "case.h"

//! test: times by clocks
//! run: --prog times --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {0, 77, 0, 1, 2, 0, 5, 0}
SEC("tc")
int times(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_set_tstamp(skb, 77, 1));
    SEE(1, skb->tstamp);
    SEE_INT(2, bpf_skb_set_tstamp(skb, 78, 2));
    SEE(3, skb->tstamp == 78);
    SEE(4, skb->tstamp_type);
    SEE_INT(5, bpf_skb_set_tstamp(skb, 5, 0));
    SEE(6, skb->tstamp);
    SEE(7, skb->tstamp_type);
    return TC_ACT_OK;
}

//! test: no time, no such clock
//! run: --prog wrong --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {-22, -22, -22, [3 ... 7] = 0}
SEC("tc")
int wrong(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_set_tstamp(skb, 0, 1));
    SEE_INT(1, bpf_skb_set_tstamp(skb, 0, 2));
    SEE_INT(2, bpf_skb_set_tstamp(skb, 1, 3));
    SEE_INT(3, bpf_skb_set_tstamp(skb, 0, 0));
    SEE(4, skb->tstamp);
    return TC_ACT_OK;
}

//! test: packets that are not IP have none
//! run: --prog other --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-95, [1 ... 7] = 0}
SEC("tc")
int other(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_set_tstamp(skb, 7, 1));
    return TC_ACT_OK;
}
