// A filter on a socket: the result is how many bytes of the packet the socket gets.
//! covers: program type socket_filter
#include "case.h"

//! test: only the IP header is kept; the data begins there
//! run: --prog header --packet
//! run: hex:02000000000202000000000108004500001c000040004011b6cdc0000201c000020204d2003500080000
//! expect: returned 20
//! expect: seen = {28, 69, [2 ... 7] = 0}
SEC("socket")
int header(struct __sk_buff* skb) {
    __u8 first = 0;
    SEE(0, skb->len);
    bpf_skb_load_bytes(skb, 0, &first, sizeof(first));
    SEE(1, first);
    return 20;
}

//! test: it may leave notes in cb
//! run: --prog note --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! run: --ctx cb[0]=3
//! expect: returned 0
//! expect: cb[4] 0 -> 4
SEC("socket")
int note(struct __sk_buff* skb) {
    skb->cb[4] = skb->cb[0] + 1;
    return 0;
}
