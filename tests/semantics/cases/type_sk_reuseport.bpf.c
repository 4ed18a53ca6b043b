// Which of the sockets that share a port gets a packet.
//! covers: program type sk_reuseport
#include "case.h"

//! test: the packet begins behind its headers, the context tells of them
//! run: --packet hex:68656c6c6f --ctx ip_protocol=17 --ctx hash=99
//! expect: returned SK_PASS
//! expect: seen = {5, 17, 99, 104, [4 ... 7] = 0}
SEC("sk_reuseport")
int select(struct sk_reuseport_md* md) {
    __u8* data = md->data;
    if ((void*)(data + 1) > md->data_end) return SK_DROP;
    SEE(0, md->len);
    SEE(1, md->ip_protocol);
    SEE(2, md->hash);
    SEE(3, data[0]);
    return SK_PASS;
}
