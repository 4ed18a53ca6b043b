// How many checksums of the packet count as verified.
//! covers: helper csum_level
//! since: 5.8
#include "case.h"

#define LEVEL(index, what) SEE_INT(index, bpf_csum_level(skb, BPF_CSUM_LEVEL_##what))

//! test: levels go up and down
//! run: --prog levels --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-13, 0, 0, 0, 1, 0, 0, 0}
SEC("tc")
int levels(struct __sk_buff* skb) {
    LEVEL(0, QUERY);
    LEVEL(1, INC);
    LEVEL(2, QUERY);
    LEVEL(3, INC);
    LEVEL(4, QUERY);
    LEVEL(5, DEC);
    LEVEL(6, QUERY);
    LEVEL(7, DEC);
    return TC_ACT_OK;
}

//! test: the highest level, no level and what there is not
//! run: --prog ends --packet hex:02000000000202000000000188b501020304
//! expect: seen = {3, 0, -13, -22, 0, -13, 0, 0}
SEC("tc")
int ends(struct __sk_buff* skb) {
    for (int i = 0; i < 6; ++i) bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
    LEVEL(0, QUERY);
    LEVEL(1, RESET);
    LEVEL(2, QUERY);
    SEE_INT(3, bpf_csum_level(skb, 4));
    LEVEL(4, DEC);
    LEVEL(5, QUERY);
    return TC_ACT_OK;
}

//! test: adjusted room resets it unless told not to
//! run: --prog room --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {0, 0, 0, -13, [4 ... 7] = 0}
SEC("tc")
int room(struct __sk_buff* skb) {
    bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
    SEE_INT(0, bpf_skb_adjust_room(skb, 4, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_NO_CSUM_RESET));
    LEVEL(1, QUERY);
    SEE_INT(2, bpf_skb_adjust_room(skb, 4, BPF_ADJ_ROOM_NET, 0));
    LEVEL(3, QUERY);
    return TC_ACT_OK;
}
