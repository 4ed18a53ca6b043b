// Chooses the socket that takes a packet.
//! covers: helper sk_assign
#include "case.h"

//! test: where packets come in
//! run: --prog assign --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: socket web assigned
//! expect: seen = {0, -22, [2 ... 7] = 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int assign(struct __sk_buff* ctx) {
    struct bpf_sock_tuple query = {};
    query.ipv4.daddr = bpf_htonl(0xc0000201);
    query.ipv4.dport = bpf_htons(80);
    struct bpf_sock* socket = bpf_sk_lookup_tcp(ctx, &query, sizeof(query.ipv4), -1, 0);
    if (!socket) return TC_ACT_SHOT;
    SEE_INT(0, bpf_sk_assign(ctx, socket, 0));
    SEE_INT(1, bpf_sk_assign(ctx, socket, 1));
    bpf_sk_release(socket);
    return TC_ACT_OK;
}

//! test: a choice of a sk_lookup program is taken back
//! run: --prog take_back --ctx family=2 --ctx protocol=6 --ctx local_port=80
//! expect: seen = {0, -22, [2 ... 7] = 0}
SEC("sk_lookup")
int take_back(struct bpf_sk_lookup* ctx) {
    SEE_INT(0, bpf_sk_assign(ctx, 0, 0));
    SEE_INT(1, bpf_sk_assign(ctx, 0, 4));
    return SK_PASS;
}
