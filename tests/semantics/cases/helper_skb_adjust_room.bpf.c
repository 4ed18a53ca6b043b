// Room for headers between those of the packet, for tunnels.
//! covers: helper skb_adjust_room
#include "case.h"

#define ROOM(index, size, mode, flags) SEE_INT(index, bpf_skb_adjust_room(skb, size, mode, flags))

enum {
    eth = 1 << 6,
    inner_ipv4 = 1 << 7,
    inner_ipv6 = 1 << 8,
};

static __always_inline __u16 network_word(struct __sk_buff* skb) {
    __u16 word = 0;
    bpf_skb_load_bytes_relative(skb, 0, &word, sizeof(word), BPF_HDR_START_NET);
    return bpf_ntohs(word);
}

//! test: room behind the IPv4 header
//! run: --prog inside --packet
//! run: hex:020000000002020000000001080045000018000040004011b6d1c0000201c000020201020304
//! expect: packet changed (38 -> 46 bytes)
//! expect: seen = {0, 46, 17664, 0, 38, -524, 0, 0}
SEC("tc")
int inside(struct __sk_buff* skb) {
    ROOM(0, 8, BPF_ADJ_ROOM_NET, 0);
    SEE(1, skb->len);
    SEE(2, network_word(skb));
    ROOM(3, -8, BPF_ADJ_ROOM_NET, 0);
    SEE(4, skb->len);
    ROOM(5, -8, BPF_ADJ_ROOM_NET, 0);
    ROOM(6, 8, BPF_ADJ_ROOM_NET, 0);
    return TC_ACT_OK;
}

//! test: an outer header, once
//! run: --prog outside --packet
//! run: hex:020000000002020000000001080045000018000040004011b6d1c0000201c000020201020304
//! expect: packet changed (38 -> 78 bytes)
//! expect: seen = {0, 34525, 0, -114, 0, 78, -524, 0}
SEC("tc")
int outside(struct __sk_buff* skb) {
    ROOM(0, 40, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV6);
    SEE(1, bpf_ntohs(skb->protocol));
    SEE(2, network_word(skb));
    ROOM(3, 20, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4);
    ROOM(4, 0, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO);
    SEE(5, skb->len);
    SEE_INT(6, bpf_skb_change_tail(skb, skb->len + 2, 0));
    return TC_ACT_OK;
}

//! test: an inner packet of the other family comes out
//! run: --prog out --packet hex:02000000000202000000000186dd600000000014044020010db800000000000000000000000120010db800000000000000000000000245000014000040004011b6d5c0000201c0000202
//! expect: packet changed (74 -> 34 bytes)
//! expect: seen = {-524, 0, 2048, 17664, [4 ... 7] = 0}
//! since: 6.3
SEC("tc")
int out(struct __sk_buff* skb) {
    ROOM(0, -40, BPF_ADJ_ROOM_MAC, 0);
    ROOM(1, -40, BPF_ADJ_ROOM_MAC, inner_ipv4);
    SEE(2, bpf_ntohs(skb->protocol));
    SEE(3, network_word(skb));
    return TC_ACT_OK;
}

//! test: what flags must not say of a packet that grows
//! run: --prog wrong_growth --packet
//! run: hex:020000000002020000000001080045000018000040004011b6d1c0000201c000020201020304
//! expect: seen = {-14, -524, [2 ... 6] = -22, -524}
//! since: 6.3
SEC("tc")
int wrong_growth(struct __sk_buff* skb) {
    const __u64 ipv4 = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4, ipv6 = BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
    ROOM(0, 0x1000, BPF_ADJ_ROOM_NET, 0);
    ROOM(1, 4, 2, 0);
    ROOM(2, 4, BPF_ADJ_ROOM_NET, 1 << 9);
    ROOM(3, 40, BPF_ADJ_ROOM_MAC, ipv4 | ipv6);
    ROOM(4, 40, BPF_ADJ_ROOM_MAC, ipv4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP);
    ROOM(5, 40, BPF_ADJ_ROOM_MAC, ipv6 | BPF_F_ADJ_ROOM_ENCAP_L2(10) | eth);
    ROOM(6, 10, BPF_ADJ_ROOM_MAC, ipv6 | BPF_F_ADJ_ROOM_ENCAP_L2(14) | eth);
    ROOM(7, 4, 2, inner_ipv4);
    return TC_ACT_OK;
}

//! test: what flags must not say of one that shrinks
//! run: --prog wrong_shrink --packet
//! run: hex:020000000002020000000001080045000018000040004011b6d1c0000201c000020201020304
//! expect: seen = {-22, -22, -524, -524, -22, -14, 0, 0}
//! since: 6.3
SEC("tc")
int wrong_shrink(struct __sk_buff* skb) {
    ROOM(0, -4, BPF_ADJ_ROOM_MAC, inner_ipv4 | inner_ipv6);
    ROOM(1, -4, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4);
    ROOM(2, -8, BPF_ADJ_ROOM_MAC, 0);
    ROOM(3, -4, BPF_ADJ_ROOM_MAC, inner_ipv6);
    ROOM(4, 4, BPF_ADJ_ROOM_MAC, inner_ipv4);
    ROOM(5, -0x1000, BPF_ADJ_ROOM_MAC, 0);
    return TC_ACT_OK;
}

//! test: other protocols have no room
//! run: --prog other --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-524, [1 ... 7] = 0}
SEC("tc")
int other(struct __sk_buff* skb) {
    ROOM(0, 4, BPF_ADJ_ROOM_MAC, 0);
    return TC_ACT_OK;
}

//! test: packets to be segmented that are not TCP refuse
//! run: --prog other --ctx gso_size=100 --packet
//! run: hex:020000000002020000000001080045000018000040004011b6d1c0000201c000020201020304
//! expect: seen = {-524, [1 ... 7] = 0}
//! since: 5.10
