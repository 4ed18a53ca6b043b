// Memory into the packet.
//! covers: helper skb_store_bytes
#include "case.h"

//! test: the bytes are in the packet
//! run: --prog store --packet hex:02000000000202000000000188b501020304
//! expect: packet changed (18 bytes)
//! expect: seen = {[0 ... 7] = 0}
SEC("tc")
int store(struct __sk_buff* skb) {
    __be32 word = bpf_htonl(0xaabbccdd);
    SEE_INT(0, bpf_skb_store_bytes(skb, ETH_HLEN, &word, sizeof(word), 0));
    return TC_ACT_OK;
}

//! test: bytes past the end are -EFAULT, unknown flags -EINVAL
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-14, -22, [2 ... 7] = 0}
SEC("tc")
int errors(struct __sk_buff* skb) {
    __u32 word = 0;
    SEE_INT(0, bpf_skb_store_bytes(skb, ETH_HLEN + 1, &word, sizeof(word), 0));
    SEE_INT(1, bpf_skb_store_bytes(skb, ETH_HLEN, &word, sizeof(word), 1 << 7));
    return TC_ACT_OK;
}
