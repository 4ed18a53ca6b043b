// The socket of a packet, and what it is.
//! covers: helper sk_fullsock
//! covers: helper tcp_sock
//! covers: helper get_listener_sock
//! covers: helper get_socket_cookie
//! covers: helper get_socket_uid
//! covers: helper get_netns_cookie
//! covers: helper skb_cgroup_classid
//! covers: helper skb_cgroup_id
//! covers: helper skb_ancestor_cgroup_id
//! covers: helper sk_cgroup_id
//! covers: helper sk_ancestor_cgroup_id
#include "case.h"

//! test: a packet of a test-run has a socket without a protocol
//! run: --prog fresh --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {1, 33554439, 16908480, 33685696, [4 ... 7] = 0}
//! since: 5.10
SEC("cgroup_skb/ingress")
int fresh(struct __sk_buff* ctx) {
    struct bpf_sock* socket = ctx->sk ? bpf_sk_fullsock(ctx->sk) : 0;
    if (!socket) return 1;
    SEE(0, socket == ctx->sk);
    SEE(1, socket->family << 24 | socket->type << 16 | socket->protocol << 8 | socket->state);
    SEE(2, socket->src_ip4);
    SEE(3, socket->dst_ip4);
    SEE(4, socket->src_port);
    SEE(5, socket->dst_port);
    SEE(6, bpf_tcp_sock(socket) != 0);
    SEE(7, bpf_get_listener_sock(socket) != 0);
    return 1;
}

//! test: its cookies, user and group
//! run: --prog numbers --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {1, 1, 0, 1, 1, 1, 0, 1}
//! since: 6.15
SEC("cgroup_skb/ingress")
int numbers(struct __sk_buff* ctx) {
    const __u64 cookie = bpf_get_socket_cookie(ctx);
    SEE(0, cookie != 0);
    SEE(1, cookie == bpf_get_socket_cookie(ctx));
    SEE(2, bpf_get_socket_uid(ctx));
    SEE(3, bpf_skb_cgroup_id(ctx));
    SEE(4, bpf_skb_ancestor_cgroup_id(ctx, 0));
    struct bpf_sock* socket = ctx->sk ? bpf_sk_fullsock(ctx->sk) : 0;
    if (socket) SEE(5, bpf_sk_cgroup_id(socket));
    if (socket) SEE(6, bpf_sk_ancestor_cgroup_id(socket, 1));
    SEE(7, bpf_get_netns_cookie(0) != 0);
    return 1;
}

//! test: the world names the packet's socket
//! run: --prog known --world network.json --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {99, 33, 333, 22, 5, 42, 1234567890123, 7}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int known(struct __sk_buff* ctx) {
    SEE(0, bpf_get_socket_cookie(ctx));
    SEE(1, bpf_get_socket_uid(ctx));
    SEE(2, bpf_skb_cgroup_id(ctx));
    SEE(3, bpf_skb_ancestor_cgroup_id(ctx, 1));
    SEE(4, bpf_skb_cgroup_classid(ctx));
    struct bpf_tcp_sock* tcp = ctx->sk ? bpf_tcp_sock(ctx->sk) : 0;
    if (tcp) SEE(5, tcp->snd_cwnd);
    if (tcp) SEE(6, tcp->bytes_acked);
    struct bpf_sock* socket = ctx->sk ? bpf_sk_fullsock(ctx->sk) : 0;
    if (socket) SEE(7, socket->mark);
    return TC_ACT_OK;
}
