// Sockets by index, kept by their cookies: programs find them, keep their own, send data to them.
//! covers: map type sockmap
//! covers: helper sock_map_update
//! covers: helper sk_redirect_map
//! covers: helper msg_redirect_map
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_SOCKMAP);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} sockets SEC(".maps");

//! test: an empty slot has no socket
//! run: --prog empty --ctx family=2 --ctx protocol=6
//! expect: seen = {1, -22, -22, [3 ... 7] = 0}
SEC("sk_lookup")
int empty(struct bpf_sk_lookup* ctx) {
    __u32 key = 0;
    struct bpf_sock* socket = bpf_map_lookup_elem(&sockets, &key);
    SEE(0, socket == 0);
    if (socket) bpf_sk_release(socket);
    SEE_INT(1, bpf_map_delete_elem(&sockets, &key));
    key = 2;
    SEE_INT(2, bpf_map_delete_elem(&sockets, &key));
    return SK_PASS;
}

//! test: a socket of the map is chosen
//! run: --prog choose --ctx family=2 --ctx protocol=6 --world network.json --set sockets 0 1
//! run: --set sockets 1 99
//! expect: socket web assigned
//! expect: seen = {80, 0, -17, -94, [4 ... 7] = 0}
SEC("sk_lookup")
int choose(struct bpf_sk_lookup* ctx) {
    __u32 key = 0;
    struct bpf_sock* socket = bpf_map_lookup_elem(&sockets, &key);
    if (!socket) return SK_DROP;
    SEE(0, socket->src_port);
    SEE_INT(1, bpf_sk_assign(ctx, socket, 0));
    SEE_INT(2, bpf_sk_assign(ctx, socket, 0));
    bpf_sk_release(socket);
    key = 1;
    socket = bpf_map_lookup_elem(&sockets, &key);
    if (!socket) return SK_DROP;
    SEE_INT(3, bpf_sk_assign(ctx, socket, BPF_SK_LOOKUP_F_REPLACE));
    bpf_sk_release(socket);
    return SK_PASS;
}

//! test: an event's socket is kept
//! run: --prog keep --ctx op=4 --ctx family=2 --world network.json
//! expect: seen = {0, -17, -7, -22, [4 ... 7] = 0}
SEC("sockops")
int keep(struct bpf_sock_ops* ctx) {
    __u32 key = 0;
    SEE_INT(0, bpf_sock_map_update(ctx, &sockets, &key, BPF_NOEXIST));
    SEE_INT(1, bpf_sock_map_update(ctx, &sockets, &key, BPF_NOEXIST));
    key = 2;
    SEE_INT(2, bpf_sock_map_update(ctx, &sockets, &key, BPF_ANY));
    key = 1;
    SEE_INT(3, bpf_sock_map_update(ctx, &sockets, &key, 3));
    return 1;
}

//! test: other events keep none
//! run: --prog keep --ctx op=2 --ctx family=2
//! expect: seen = {[0 ... 3] = -95, [4 ... 7] = 0}

//! test: a packet goes to a socket
//! run: --prog verdict --world network.json --set sockets 0 99 --set sockets 1 1
//! expect: returned SK_PASS
//! expect: redirect to map sockets[0], flags 0x1
//! expect: socket client assigned
//! expect: seen = {0, 0, 1, [3 ... 7] = 0}
SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff* ctx) {
    SEE_INT(0, bpf_sk_redirect_map(ctx, &sockets, 0, 2));
    SEE_INT(1, bpf_sk_redirect_map(ctx, &sockets, 1, 0));
    SEE_INT(2, bpf_sk_redirect_map(ctx, &sockets, 0, BPF_F_INGRESS));
    return SK_PASS;
}

//! test: a message goes to a socket
//! run: --prog message --world network.json --set sockets 0 99 --packet hex:01020304
//! expect: redirect to map sockets[0]
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("sk_msg")
int message(struct sk_msg_md* ctx) {
    SEE_INT(0, bpf_msg_redirect_map(ctx, &sockets, 1, 0));
    SEE_INT(1, bpf_msg_redirect_map(ctx, &sockets, 0, 0));
    return SK_PASS;
}
