// Room in front of the packet, filled with zeros, for another header.
//! covers: helper skb_change_head
#include "case.h"

//! test: zeros are put in front
//! run: --prog grow --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 22 bytes)
//! expect: seen = {0, 22, [2 ... 7] = 0}
SEC("tc")
int grow(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_change_head(skb, 4, 0));
    SEE(1, skb->len);
    return TC_ACT_OK;
}

//! test: the packet may become far longer than it was
//! run: --prog far --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 -> 3018 bytes)
//! expect: seen = {0, 3018, [2 ... 7] = 0}
SEC("tc")
int far(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_change_head(skb, 3000, 0));
    SEE(1, skb->len);
    return TC_ACT_OK;
}

//! test: flags and too much room are -EINVAL
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -22, 18, [3 ... 7] = 0}
SEC("tc")
int errors(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_change_head(skb, 4, 1));
    SEE_INT(1, bpf_skb_change_head(skb, 1 << 16, 0));
    SEE(2, skb->len);
    return TC_ACT_OK;
}
