// The outermost VLAN tag goes; the next one in the packet takes its place beside it.
//! covers: helper skb_vlan_pop
#include "case.h"

//! test: two tags in the packet
//! run: --prog pop --packet hex:0200000000020200000000018100000588a80006080045000014
//! expect: packet changed (26 -> 18 bytes)
//! expect: seen = {0, 18, 34984, 6, 0, 2048, 0, 0}
SEC("tc")
int pop(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_vlan_pop(skb));
    SEE(1, skb->len);
    SEE(2, bpf_ntohs(skb->vlan_proto));
    SEE(3, skb->vlan_tci);
    SEE_INT(4, bpf_skb_vlan_pop(skb));
    SEE(5, bpf_ntohs(skb->protocol));
    SEE_INT(6, bpf_skb_vlan_pop(skb));
    SEE(7, skb->vlan_present);
    return TC_ACT_OK;
}

//! test: a tag that is cut is -ENOMEM
//! run: --prog cut --packet hex:02000000000202000000000181000005
//! expect: seen = {-12, 33024, 16, [3 ... 7] = 0}
SEC("tc")
int cut(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_vlan_pop(skb));
    SEE(1, bpf_ntohs(skb->protocol));
    SEE(2, skb->len);
    return TC_ACT_OK;
}

//! test: what follows the tag may be an 802.3 length
//! run: --prog length --packet hex:02000000000202000000000181000005002e42420300
//! expect: seen = {0, 4, 18, [3 ... 7] = 0}
SEC("tc")
int length(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_vlan_pop(skb));
    SEE(1, bpf_ntohs(skb->protocol));
    SEE(2, skb->len);
    return TC_ACT_OK;
}
