// Makes bytes of the packet directly readable; they have to exist.
//! covers: helper skb_pull_data
#include "case.h"

//! test: pulled bytes can be read directly
//! run: --prog pull --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 4, [2 ... 7] = 0}
SEC("tc")
int pull(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_pull_data(skb, ETH_HLEN + 4));
    __u8* data = (void*)(long)skb->data;
    if ((void*)(data + ETH_HLEN + 4) > (void*)(long)skb->data_end) return TC_ACT_SHOT;
    SEE(1, data[ETH_HLEN + 3]);
    return TC_ACT_OK;
}

//! test: more bytes than there are is -ENOMEM
//! run: --prog more --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-12, [1 ... 7] = 0}
SEC("tc")
int more(struct __sk_buff* skb) {
    SEE_INT(0, bpf_skb_pull_data(skb, skb->len + 1));
    return TC_ACT_OK;
}
