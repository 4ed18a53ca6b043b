// Bytes of the packet by their distance to a header, wherever the data begins.
//! covers: helper skb_load_bytes_relative
#include "case.h"

//! test: from the link header and from the network header
//! run: --prog headers --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {0, 2048, 0, 17, [4 ... 7] = 0}
SEC("cgroup_skb/ingress")
int headers(struct __sk_buff* skb) {
    __be16 type = 0;
    __u8 protocol = 0;
    SEE_INT(0, bpf_skb_load_bytes_relative(skb, 12, &type, sizeof(type), BPF_HDR_START_MAC));
    SEE(1, bpf_ntohs(type));
    SEE_INT(2, bpf_skb_load_bytes_relative(skb, 9, &protocol, 1, BPF_HDR_START_NET));
    SEE(3, protocol);
    return 1;
}

//! test: bytes past the end and an unknown header are -EFAULT
//! run: --prog errors --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {-14, -14, [2 ... 7] = 0}
SEC("cgroup_skb/ingress")
int errors(struct __sk_buff* skb) {
    __u8 byte = 0;
    SEE_INT(0, bpf_skb_load_bytes_relative(skb, 20, &byte, 1, BPF_HDR_START_NET));
    SEE_INT(1, bpf_skb_load_bytes_relative(skb, 0, &byte, 1, 2));
    return 1;
}
