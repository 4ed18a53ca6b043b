// Keeps the checksum of a UDP or TCP header right while a field under it changes.
//! covers: helper l4_csum_replace
#include "case.h"

enum { destination = ETH_HLEN + 20 + 2, check = ETH_HLEN + 20 + 6 };

static void change_port(struct __sk_buff* skb, __u64 flags) {
    __be16 before, after = bpf_htons(5353), sum;
    bpf_skb_load_bytes(skb, destination, &before, sizeof(before));
    bpf_skb_store_bytes(skb, destination, &after, sizeof(after), 0);
    SEE_INT(0, bpf_l4_csum_replace(skb, check, before, after, flags | sizeof(after)));
    bpf_skb_load_bytes(skb, check, &sum, sizeof(sum));
    SEE(1, bpf_ntohs(sum));
}

//! test: another port, and a checksum that is less by the difference of the ports
//! run: --prog port --packet
//! run: hex:02000000000202000000000108004500001d000040004011b6ccc0000201c000020204d2003500090ed168
//! expect: packet changed (43 bytes)
//! expect: seen = {0, 64028, [2 ... 7] = 0}
SEC("tc")
int port(struct __sk_buff* skb) {
    change_port(skb, 0);
    return TC_ACT_OK;
}

//! test: a UDP packet without checksum (0) stays without with BPF_F_MARK_MANGLED_0
//! run: --prog without --packet
//! run: hex:02000000000202000000000108004500001c000040004011b6cdc0000201c000020204d2003500080000
//! expect: packet changed (42 bytes)
//! expect: seen = {[0 ... 7] = 0}
SEC("tc")
int without(struct __sk_buff* skb) {
    change_port(skb, BPF_F_MARK_MANGLED_0);
    return TC_ACT_OK;
}

//! test: unknown flags are -EINVAL, an offset past the end -EFAULT
//! run: --prog errors --packet
//! run: hex:02000000000202000000000108004500001c000040004011b6cdc0000201c000020204d2003500080000
//! expect: seen = {-22, -14, [2 ... 7] = 0}
SEC("tc")
int errors(struct __sk_buff* skb) {
    SEE_INT(0, bpf_l4_csum_replace(skb, check, 1, 2, 1 << 8));
    SEE_INT(1, bpf_l4_csum_replace(skb, 64, 1, 2, 2));
    return TC_ACT_OK;
}
