// IPv4 to IPv6 and back: 20 bytes of room behind the Ethernet header come or go.
//! covers: helper skb_change_proto
#include "case.h"

//! test: to IPv6
//! run: --prog wide --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: packet changed (34 -> 54 bytes)
//! expect: seen = {0, 34525, 54, 0, -524, 0, 0, 0}
SEC("tc")
int wide(struct __sk_buff* skb) {
    __u16 word = 1;
    SEE_INT(0, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0));
    SEE(1, bpf_ntohs(skb->protocol));
    SEE(2, skb->len);
    bpf_skb_load_bytes_relative(skb, 0, &word, sizeof(word), BPF_HDR_START_NET);
    SEE(3, word);
    SEE_INT(4, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0));
    return TC_ACT_OK;
}

//! test: to IPv4
//! run: --prog narrow --packet hex:02000000000202000000000186dd6000000000003b4020010db800000000000000000000000120010db8000000000000000000000002
//! expect: packet changed (54 -> 34 bytes)
//! expect: seen = {0, 2048, 34, -22, -524, 0, 0, 0}
SEC("tc")
int narrow(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IP), 0));
    SEE(1, bpf_ntohs(skb->protocol));
    SEE(2, skb->len);
    SEE_INT(3, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 1));
    SEE_INT(4, bpf_skb_change_proto(skb, bpf_htons(ETH_P_ARP), 0));
    return TC_ACT_OK;
}
