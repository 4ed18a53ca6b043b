// Keeps the checksum of the IP header right while a field under it changes.
//! covers: helper l3_csum_replace
#include <linux/ip.h>
#include "case.h"

enum { ttl = ETH_HLEN + offsetof(struct iphdr, ttl), check = ETH_HLEN + 10 };

static int is_right(struct __sk_buff* skb) {
    struct iphdr ip;
    bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip));
    __u32 sum = bpf_csum_diff(0, 0, (void*)&ip, sizeof(ip), 0);
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

//! test: one less time to live and a checksum that is right
//! run: --prog hop --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: packet changed (34 bytes)
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("tc")
int hop(struct __sk_buff* skb) {
    __be16 before, after;
    bpf_skb_load_bytes(skb, ttl, &before, sizeof(before));
    after = before - bpf_htons(1 << 8);
    bpf_skb_store_bytes(skb, ttl, &after, sizeof(after), 0);
    SEE_INT(0, bpf_l3_csum_replace(skb, check, before, after, sizeof(after)));
    SEE(1, is_right(skb));
    return TC_ACT_OK;
}

//! test: a width of 3 bytes is -EINVAL, an odd offset and one past the end -EFAULT
//! run: --prog errors --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {-22, -14, -14, [3 ... 7] = 0}
SEC("tc")
int errors(struct __sk_buff* skb) {
    SEE_INT(0, bpf_l3_csum_replace(skb, check, 1, 2, 3));
    SEE_INT(1, bpf_l3_csum_replace(skb, check + 1, 1, 2, 2));
    SEE_INT(2, bpf_l3_csum_replace(skb, 64, 1, 2, 2));
    return TC_ACT_OK;
}
