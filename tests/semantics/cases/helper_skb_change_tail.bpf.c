// A new length: the packet is cut, or grows by zeros.
//! covers: helper skb_change_tail
#include "case.h"

//! test: the packet grows by zeros
//! run: --prog grow --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 22 bytes)
//! expect: seen = {0, 22, [2 ... 7] = 0}
SEC("tc")
int grow(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_change_tail(skb, skb->len + 4, 0));
    SEE(1, skb->len);
    return TC_ACT_OK;
}

//! test: the packet is cut
//! run: --prog cut --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 16 bytes)
//! expect: seen = {0, 16, [2 ... 7] = 0}
SEC("tc")
int cut(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_change_tail(skb, 16, 0));
    SEE(1, skb->len);
    return TC_ACT_OK;
}

//! test: a cut into the link header and flags are -EINVAL
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -22, 18, [3 ... 7] = 0}
SEC("tc")
int errors(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_change_tail(skb, ETH_HLEN - 1, 0));
    SEE_INT(1, bpf_skb_change_tail(skb, 16, 1));
    SEE(2, skb->len);
    return TC_ACT_OK;
}
