// Forgets the hash, so that the next question for it computes it.
//! covers: helper set_hash_invalid
#include "case.h"

//! test: the packet has none until it is asked for
//! run: --packet hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("tc")
int forget(struct __sk_buff* skb) {
    bpf_set_hash(skb, 1);
    bpf_set_hash_invalid(skb);
    SEE(0, skb->hash);
    SEE(1, bpf_get_hash_recalc(skb) > 1);
    return TC_ACT_OK;
}
