// Whom the packet is for: PACKET_HOST, _BROADCAST, _MULTICAST, _OTHERHOST.
//! covers: helper skb_change_type
#include "case.h"

//! test: the type of the context changes
//! run: --packet hex:02000000000202000000000188b501020304
//! expect: seen = {3, 0, 0, 0, 2, -22, 2, 0}
SEC("tc")
int change(struct __sk_buff* skb) {
    SEE(0, skb->pkt_type);
    SEE_INT(1, bpf_skb_change_type(skb, 0));
    SEE(2, skb->pkt_type);
    SEE_INT(3, bpf_skb_change_type(skb, 2));
    SEE(4, skb->pkt_type);
    SEE_INT(5, bpf_skb_change_type(skb, 4));
    SEE(6, skb->pkt_type);
    return TC_ACT_OK;
}
