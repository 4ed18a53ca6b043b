// A record into the buffer of a CPU, with a part of the packet that a traced function is given.
//! covers: helper skb_output
//! covers: helper xdp_output
//! covers: helper xdp_get_buff_len
//! since: 5.18
#include "case.h"

#include <bpf/bpf_tracing.h>

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} events SEC(".maps");

struct sk_buff;
struct sock;
struct net_device;
struct bpf_prog;
struct xdp_buff {
    int unused;
};
struct event {
    __u32 number;
} event = {.number = 7};

//! test: as many bytes of the packet as the flags say
//! run: --prog of_skb --obj args.skb.len=20 --obj args.skb.data=hex:0102030405060708090a0b0c0d0e0f1011121314
//! expect: event events cpu0, 9 bytes
//! expect: 0000 07 00 00 00 01 02 03 04 05
//! expect: seen = {0, -14, -22, -7, [4 ... 7] = 0}
SEC("fentry/__kfree_skb")
int BPF_PROG(of_skb, struct sk_buff* skb) {
    __u64 flags = BPF_F_CURRENT_CPU | 5ULL << 32;
    SEE_INT(0, bpf_skb_output(skb, &events, flags, &event, sizeof(event)));
    flags = BPF_F_CURRENT_CPU | 21ULL << 32;
    SEE_INT(1, bpf_skb_output(skb, &events, flags, &event, sizeof(event)));
    SEE_INT(2, bpf_skb_output(skb, &events, 1ULL << 52, &event, sizeof(event)));
    SEE_INT(3, bpf_skb_output(skb, &events, 1 << 20, &event, sizeof(event)));
    return 0;
}

//! test: the same of a packet of XDP, which is as long as its end says
//! run: --prog of_xdp --obj args.xdp.data=hex:0102030405060708090a0b0c0d0e0f1011121314
//! run: --obj args.xdp.data_end=&args.xdp.data:iphdr.saddr
//! expect: event events cpu0, 9 bytes
//! expect: 0000 07 00 00 00 01 02 03 04 05
//! expect: seen = {0, -14, -22, 12, [4 ... 7] = 0}
SEC("fentry/xdp_do_redirect")
int BPF_PROG(of_xdp, struct net_device* dev, struct xdp_buff* xdp) {
    __u64 flags = BPF_F_CURRENT_CPU | 5ULL << 32;
    SEE_INT(0, bpf_xdp_output(xdp, &events, flags, &event, sizeof(event)));
    flags = BPF_F_CURRENT_CPU | 13ULL << 32;
    SEE_INT(1, bpf_xdp_output(xdp, &events, flags, &event, sizeof(event)));
    SEE_INT(2, bpf_xdp_output(xdp, &events, 1ULL << 52, &event, sizeof(event)));
    SEE(3, bpf_xdp_get_buff_len((void*)xdp));
    return 0;
}
