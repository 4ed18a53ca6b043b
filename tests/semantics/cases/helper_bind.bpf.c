// The address that a connection comes from.
//! covers: helper bind
#include "case.h"

struct address {
    __u16 family;
    __u16 port;
    __u32 ip4;
    __u64 zero;
};

//! test: addresses and what is none
//! run: --ctx user_family=2 --ctx family=2 --ctx type=1 --ctx protocol=6
//! expect: socket bound to 192.0.2.9 port 0
//! expect: seen = {0, -22, -97, -22, [4 ... 7] = 0}
SEC("cgroup/connect4")
int connect(struct bpf_sock_addr* ctx) {
    struct address from = {.family = 2, .ip4 = bpf_htonl(0xc0000209)};
    SEE_INT(0, bpf_bind(ctx, (void*)&from, sizeof(from)));
    SEE_INT(1, bpf_bind(ctx, (void*)&from, 8));
    from.family = 1;
    SEE_INT(2, bpf_bind(ctx, (void*)&from, sizeof(from)));
    SEE_INT(3, bpf_bind(ctx, (void*)&from, 1));
    return 1;
}
