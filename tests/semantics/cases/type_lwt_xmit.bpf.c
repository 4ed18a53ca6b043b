// Packets about to be sent by a route: they may be written and get another header.
//! covers: program type lwt_xmit
#include "case.h"

//! test: a byte is written in place
//! run: --prog write --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned BPF_OK
//! expect: packet changed (34 bytes)
SEC("lwt_xmit")
int write(struct __sk_buff* skb) {
    __u8* ip = (void*)(long)skb->data;
    if ((void*)(ip + 20) > (void*)(long)skb->data_end) return BPF_DROP;
    ip[1] = 0xb8;
    return BPF_OK;
}

//! test: another device sends it
//! run: --prog detour --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned BPF_REDIRECT
//! expect: redirect to device 1
SEC("lwt_xmit")
int detour(struct __sk_buff* skb) { return bpf_redirect(1, 0); }
