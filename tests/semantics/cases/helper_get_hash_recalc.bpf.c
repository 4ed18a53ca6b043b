// The hash of the flow, computed once and then kept.
//! covers: helper get_hash_recalc
#include "case.h"

//! test: the flow has a hash, and keeps it
//! run: --packet
//! run: hex:02000000000202000000000108004500001c000040004011b6cdc0000201c000020204d2003500080000
//! expect: seen = {1, 1, [2 ... 7] = 0}
SEC("tc")
int hash(struct __sk_buff* skb) {
    __u32 first = bpf_get_hash_recalc(skb);
    SEE(0, first != 0);
    SEE(1, bpf_get_hash_recalc(skb) == first && skb->hash == first);
    return TC_ACT_OK;
}
