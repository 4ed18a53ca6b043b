// Data of a TCP socket in a sockmap: the parser tells the length of a message, the verdict its way.
//! covers: program type sk_skb
#include "case.h"

//! test: a parser says how long the message is
//! run: --prog parse --packet hex:0003616263
//! expect: returned 5
SEC("sk_skb/stream_parser")
int parse(struct __sk_buff* skb) {
    __be16 length;
    if (bpf_skb_load_bytes(skb, 0, &length, sizeof(length))) return 0;
    return bpf_ntohs(length) + sizeof(length);
}

//! test: a verdict reads the payload
//! run: --prog verdict --packet hex:0003616263
//! expect: returned SK_PASS
//! expect: seen = {5, 97, [2 ... 7] = 0}
SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff* skb) {
    __u8* data = (void*)(long)skb->data;
    if ((void*)(data + 3) > (void*)(long)skb->data_end) return SK_DROP;
    SEE(0, skb->len);
    SEE(1, data[2]);
    return SK_PASS;
}
