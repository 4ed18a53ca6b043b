// A packet looks for a listening socket: the program may choose, or drop it.
//! covers: program type sk_lookup
#include "case.h"

//! test: who wants to whom
//! run: --prog look --ctx family=2 --ctx protocol=6 --ctx local_port=80 --ctx remote_ip4=0x010200c0
//! expect: returned SK_PASS
//! expect: seen = {6, 80, 3221225985, [3 ... 7] = 0}
SEC("sk_lookup")
int look(struct bpf_sk_lookup* ctx) {
    SEE(0, ctx->protocol);
    SEE(1, ctx->local_port);
    SEE(2, bpf_ntohl(ctx->remote_ip4));
    return SK_PASS;
}

//! test: a port is closed
//! run: --prog close --ctx family=2 --ctx protocol=6 --ctx local_port=23
//! expect: returned SK_DROP
SEC("sk_lookup")
int close(struct bpf_sk_lookup* ctx) { return ctx->local_port == 23 ? SK_DROP : SK_PASS; }
