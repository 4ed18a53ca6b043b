// A copy of the packet goes out while the program works on with its own.
//! covers: helper clone_redirect
#include "case.h"

//! test: the copy is the packet as it was
//! run: --prog clone --packet hex:02000000000202000000000188b501020304
//! expect: clone to device 1, 18 bytes
//! expect: clone to device 1, flags 0x1, 22 bytes
//! expect: seen = {0, 0, 22, [3 ... 7] = 0}
SEC("tc")
int clone(struct __sk_buff* skb) {
    SEE_INT(0, bpf_clone_redirect(skb, 1, 0));
    bpf_skb_change_tail(skb, 22, 0);
    SEE_INT(1, bpf_clone_redirect(skb, 1, BPF_F_INGRESS));
    SEE(2, skb->len);
    return TC_ACT_OK;
}

//! test: no such device, no such flag
//! run: --prog wrong --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -22, -22, [3 ... 7] = 0}
SEC("tc")
int wrong(struct __sk_buff* skb) {
    SEE_INT(0, bpf_clone_redirect(skb, 4711, 0));
    SEE_INT(1, bpf_clone_redirect(skb, 1, 2));
    SEE_INT(2, bpf_clone_redirect(skb, 0, 0));
    return TC_ACT_OK;
}
