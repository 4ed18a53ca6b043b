// VLAN tags: the outermost one is kept beside the packet, pushing another one writes it there.
//! covers: helper skb_vlan_push
#include "case.h"

static __always_inline __u16 network_word(struct __sk_buff* skb) {
    __u16 word = 0;
    bpf_skb_load_bytes_relative(skb, 0, &word, sizeof(word), BPF_HDR_START_NET);
    return bpf_ntohs(word);
}

//! test: the second tag moves the first one into the packet
//! run: --prog push --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 22 bytes)
//! expect: 81 00 00 05
//! expect: seen = {0, 33024, 0, 34984, 393252, 33024, 5, 0}
//! differs on vm:6.1: its network header is behind the tag
SEC("tc")
int push(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_vlan_push(skb, bpf_htons(0x8100), 5));
    SEE(1, bpf_ntohs(skb->vlan_proto));
    SEE_INT(2, bpf_skb_vlan_push(skb, bpf_htons(0x88a8), 6));
    SEE(3, bpf_ntohs(skb->vlan_proto));
    SEE(4, skb->vlan_tci << 16 | skb->vlan_present << 5 | 4);
    SEE(5, bpf_ntohs(skb->protocol));
    SEE(6, network_word(skb));
    return TC_ACT_OK;
}

//! test: a protocol that is none of VLANs becomes 802.1Q
//! run: --prog other --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 33024, 18, 7, [4 ... 7] = 0}
SEC("tc")
int other(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_vlan_push(skb, bpf_htons(0x0800), 7));
    SEE(1, bpf_ntohs(skb->vlan_proto));
    SEE(2, skb->len);
    SEE(3, skb->vlan_tci);
    return TC_ACT_OK;
}
