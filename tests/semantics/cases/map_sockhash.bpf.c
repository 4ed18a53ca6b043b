// Sockets by any key.
//! covers: map type sockhash
//! covers: helper sock_hash_update
//! covers: helper sk_redirect_hash
//! covers: helper msg_redirect_hash
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_SOCKHASH);
    __uint(max_entries, 1);
    __type(key, __u64);
    __type(value, __u64);
} sockets SEC(".maps");

//! test: an event's socket is kept
//! run: --prog keep --ctx op=5 --ctx family=2 --world network.json
//! expect: seen = {0, -17, -7, 0, -2, 0, 0, 0}
SEC("sockops")
int keep(struct bpf_sock_ops* ctx) {
    __u64 key = 7, other = 8;
    SEE_INT(0, bpf_sock_hash_update(ctx, &sockets, &key, BPF_NOEXIST));
    SEE_INT(1, bpf_sock_hash_update(ctx, &sockets, &key, BPF_NOEXIST));
    SEE_INT(2, bpf_sock_hash_update(ctx, &sockets, &other, BPF_ANY));
    SEE_INT(3, bpf_map_delete_elem(&sockets, &key));
    SEE_INT(4, bpf_map_delete_elem(&sockets, &key));
    return 1;
}

//! test: packets and messages go to a socket
//! run: --prog verdict --world network.json --set sockets 7 99
//! expect: redirect to map sockets[7]
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff* ctx) {
    __u64 key = 7, other = 8;
    SEE_INT(0, bpf_sk_redirect_hash(ctx, &sockets, &other, 0));
    SEE_INT(1, bpf_sk_redirect_hash(ctx, &sockets, &key, 0));
    return SK_PASS;
}

//! test: messages, too
//! run: --prog message --world network.json --set sockets 7 99 --packet hex:01020304
//! expect: redirect to map sockets[7]
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("sk_msg")
int message(struct sk_msg_md* ctx) {
    __u64 key = 7, other = 8;
    SEE_INT(0, bpf_msg_redirect_hash(ctx, &sockets, &other, 0));
    SEE_INT(1, bpf_msg_redirect_hash(ctx, &sockets, &key, 0));
    return SK_PASS;
}
