// Finds out what flow a packet belongs to, and writes it into the keys.
//! covers: program type flow_dissector
#include "case.h"

//! test: the keys know the network header, the program adds what is behind it
//! run: --prog dissect --packet
//! run: hex:02000000000202000000000108004500001c000040004011b6cdc0000201c000020204d2003500080000
//! expect: returned BPF_OK
//! expect: seen = {14, 2048, 53, [3 ... 7] = 0}
SEC("flow_dissector")
int dissect(struct __sk_buff* skb) {
    struct bpf_flow_keys* keys = skb->flow_keys;
    SEE(0, keys->nhoff);
    SEE(1, bpf_ntohs(keys->n_proto));
    __be16* ports = (void*)(long)skb->data + ETH_HLEN + 20;
    if ((void*)(ports + 2) > (void*)(long)skb->data_end) return BPF_DROP;
    SEE(2, bpf_ntohs(ports[1]));
    keys->thoff = keys->nhoff + 20;
    keys->addr_proto = ETH_P_IP;
    keys->ip_proto = 17;
    keys->sport = ports[0];
    keys->dport = ports[1];
    return BPF_OK;
}

//! test: bytes of a socket buffer can be loaded
//! run: --prog load --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned BPF_FLOW_DISSECTOR_CONTINUE
//! expect: seen = {0, 69, [2 ... 7] = 0}
//! differs on kernel: a test-run has no socket buffer: -EFAULT
//! differs on vm:6.1: a test-run has no socket buffer: -EFAULT
//! differs on vm:6.12: a test-run has no socket buffer: -EFAULT
SEC("flow_dissector")
int load(struct __sk_buff* skb) {
    __u8 version = 0;
    SEE_INT(0, bpf_skb_load_bytes(skb, ETH_HLEN, &version, sizeof(version)));
    SEE(1, version);
    return BPF_FLOW_DISSECTOR_CONTINUE;
}
