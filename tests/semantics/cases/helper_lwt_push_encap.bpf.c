// An outer IP header in front of a packet that a route sends through a tunnel.
//! covers: helper lwt_push_encap
//! since: 5.1
#include "case.h"

struct headers {
    __u8 ip[20];
    __u8 gre[4];
};

//! test: IPv4 and GRE
//! run: --prog push --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: packet changed (34 -> 58 bytes)
//! expect: seen = {0, 44, 2048, [3 ... 7] = 0}
SEC("lwt_in")
int push(struct __sk_buff* ctx) {
    struct headers outer = {{0x45, 0, 0, 44, 0, 0, 0, 0, 64, 47, 0, 0, 192, 0, 2, 9, 192, 0, 2, 8},
                            {0, 0, 8, 0}};
    SEE_INT(0, bpf_lwt_push_encap(ctx, BPF_LWT_ENCAP_IP, &outer, sizeof(outer)));
    SEE(1, ctx->len);
    SEE(2, bpf_ntohs(ctx->protocol));
    return BPF_OK;
}

//! test: what is no header
//! run: --prog wrong --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {[0 ... 3] = -22, 20, 0, 0, 0}
SEC("lwt_in")
int wrong(struct __sk_buff* ctx) {
    __u8 outer[40] = {0x46};
    SEE_INT(0, bpf_lwt_push_encap(ctx, BPF_LWT_ENCAP_IP, outer, 20));
    SEE_INT(1, bpf_lwt_push_encap(ctx, BPF_LWT_ENCAP_IP, outer, 19));
    outer[0] = 0x60;
    SEE_INT(2, bpf_lwt_push_encap(ctx, BPF_LWT_ENCAP_IP, outer, 39));
    SEE_INT(3, bpf_lwt_push_encap(ctx, 3, outer, 40));
    SEE(4, ctx->len);
    return BPF_OK;
}
