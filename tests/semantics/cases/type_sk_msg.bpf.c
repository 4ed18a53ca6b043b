// Data that a socket of a sockmap is about to send.
//! covers: program type sk_msg
#include "case.h"

//! test: the message is in reach by pointers, and its peer in the context
//! run: --packet hex:68656c6c6f --ctx remote_port=0x35000000
//! expect: returned SK_PASS
//! expect: seen = {5, 104, 53, [3 ... 7] = 0}
SEC("sk_msg")
int send(struct sk_msg_md* msg) {
    __u8* data = msg->data;
    if ((void*)(data + 1) > msg->data_end) return SK_DROP;
    SEE(0, msg->size);
    SEE(1, data[0]);
    SEE(2, bpf_ntohl(msg->remote_port));
    return SK_PASS;
}
