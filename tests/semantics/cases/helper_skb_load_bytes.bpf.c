// Bytes of the packet into memory, whether or not they are in the linear part.
//! covers: helper skb_load_bytes
#include "case.h"

//! test: bytes from an offset
//! run: --prog load --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 16909060, [2 ... 7] = 0}
SEC("tc")
int load(struct __sk_buff* skb) {
    __be32 word = 0;
    SEE_INT(0, bpf_skb_load_bytes(skb, ETH_HLEN, &word, sizeof(word)));
    SEE(1, bpf_ntohl(word));
    return TC_ACT_OK;
}

//! test: bytes past the end are -EFAULT and leave zeros
//! run: --prog past --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-14, [1 ... 7] = 0}
SEC("tc")
int past(struct __sk_buff* skb) {
    __be32 word = 5;
    SEE_INT(0, bpf_skb_load_bytes(skb, ETH_HLEN + 1, &word, sizeof(word)));
    SEE(1, word);
    return TC_ACT_OK;
}

//! test: where the data begins at the network layer, so do offsets
//! run: --prog network --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {0, 69, [2 ... 7] = 0}
SEC("cgroup_skb/ingress")
int network(struct __sk_buff* skb) {
    __u8 version = 0;
    SEE_INT(0, bpf_skb_load_bytes(skb, 0, &version, sizeof(version)));
    SEE(1, version);
    return 1;
}
