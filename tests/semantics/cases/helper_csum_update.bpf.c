// Adds to the checksum that hardware computed; a packet without one is -ENOTSUPP.
//! covers: helper csum_update
#include "case.h"

//! test: the packet has no sum by hardware
//! run: --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-524, [1 ... 7] = 0}
SEC("tc")
int update(struct __sk_buff* skb) {
    SEE_INT(0, bpf_csum_update(skb, 1));
    return TC_ACT_OK;
}
