// Marks congestion in an IP header whose sender understands it.
//! covers: helper skb_ecn_set_ce
#include "case.h"

//! test: ECT(0) becomes CE, and the checksum follows
//! run: --prog mark --packet
//! run: hex:020000000002020000000001080045020014000040004011b6d3c0000201c0000202
//! expect: packet changed
//! expect: seen = {1, 1, [2 ... 7] = 0}
SEC("tc")
int mark(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_ecn_set_ce(skb));
    SEE_INT(1, bpf_skb_ecn_set_ce(skb));
    return TC_ACT_OK;
}

//! test: ECT(1) does, too
//! run: --prog mark --packet
//! run: hex:020000000002020000000001080045010014000040004011b6d4c0000201c0000202
//! expect: packet changed
//! expect: seen = {1, 1, [2 ... 7] = 0}

//! test: a sender that does not understand it is spared
//! run: --prog mark --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {[0 ... 7] = 0}

//! test: IPv6 has no checksum
//! run: --prog mark --packet hex:02000000000202000000000186dd6020000000003b4020010db800000000000000000000000120010db8000000000000000000000002
//! expect: packet changed
//! expect: seen = {1, 1, [2 ... 7] = 0}

//! test: behind a VLAN tag
//! run: --prog mark --packet
//! run: hex:020000000002020000000001810000050800ff0045020014000040004011b6d3c0000201c0000202
//! expect: seen = {1, 1, [2 ... 7] = 0}

//! test: other packets and headers that are cut stay
//! run: --prog mark --packet hex:0200000000020200000000018100000508004502
//! expect: seen = {[0 ... 7] = 0}
