// A hash of the program's own choice.
//! covers: helper set_hash
#include "case.h"

//! test: it is what the packet has from then on
//! run: --prog choose --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {0, 4660, 4660, [3 ... 7] = 0}
SEC("tc")
int choose(struct __sk_buff* skb) {
    SEE_INT(0, bpf_set_hash(skb, 0x1234));
    SEE(1, skb->hash);
    SEE(2, bpf_get_hash_recalc(skb));
    return TC_ACT_OK;
}

//! test: 0 is a hash as well
//! run: --prog zero --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {[0 ... 7] = 0}
SEC("tc")
int zero(struct __sk_buff* skb) {
    bpf_set_hash(skb, 0);
    SEE(0, bpf_get_hash_recalc(skb));
    return TC_ACT_OK;
}
