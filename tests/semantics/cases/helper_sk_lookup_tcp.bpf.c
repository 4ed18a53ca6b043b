// Sockets by addresses and ports, as the network stack would find them for a packet.
//! covers: helper sk_lookup_tcp
//! covers: helper sk_lookup_udp
//! covers: helper skc_lookup_tcp
//! covers: helper sk_release
#include "case.h"

static __always_inline struct bpf_sock_tuple tuple(__u32 from, __u16 from_port, __u32 to,
                                                   __u16 to_port) {
    struct bpf_sock_tuple tuple = {};
    tuple.ipv4.saddr = bpf_htonl(from);
    tuple.ipv4.sport = bpf_htons(from_port);
    tuple.ipv4.daddr = bpf_htonl(to);
    tuple.ipv4.dport = bpf_htons(to_port);
    return tuple;
}

enum : __u32 { server = 0xc0000201, peer = 0xc0000202, nobody = 0xc0000203 };

/// State and address of what is found; all ones: nothing.
static __always_inline __u64 tcp(void* ctx, __u32 from, __u16 port, __u32 to, __u16 to_port) {
    struct bpf_sock_tuple query = tuple(from, port, to, to_port);
    struct bpf_sock* socket =
        bpf_sk_lookup_tcp(ctx, &query, sizeof(query.ipv4), BPF_F_CURRENT_NETNS, 0);
    __u64 seen_there = 0xffff;
    if (socket) {
        seen_there = socket->state << 8 | socket->family;
        bpf_sk_release(socket);
    }
    return seen_there;
}

//! test: nothing listens there, and what must not be asked
//! run: --prog nothing --packet hex:02000000000202000000000188b501020304
//! expect: seen = {[0 ... 7] = 0}
SEC("tc")
int nothing(struct __sk_buff* ctx) {
    struct bpf_sock_tuple query = tuple(0xcb007101, 1, 0xcb007102, 2);
    struct bpf_sock* socket = bpf_sk_lookup_tcp(ctx, &query, sizeof(query.ipv4), -1, 0);
    SEE(0, socket != 0);
    if (socket) bpf_sk_release(socket);
    socket = bpf_sk_lookup_udp(ctx, &query, sizeof(query.ipv4), -1, 0);
    SEE(1, socket != 0);
    if (socket) bpf_sk_release(socket);
    socket = bpf_sk_lookup_tcp(ctx, &query, 13, -1, 0);
    SEE(2, socket != 0);
    if (socket) bpf_sk_release(socket);
    socket = bpf_sk_lookup_tcp(ctx, &query, sizeof(query.ipv4), -1, 1);
    SEE(3, socket != 0);
    if (socket) bpf_sk_release(socket);
    socket = bpf_skc_lookup_tcp(ctx, &query, sizeof(query.ipv6), -1, 0);
    SEE(4, socket != 0);
    if (socket) bpf_sk_release(socket);
    return TC_ACT_OK;
}

//! test: connected before listening, requests give the listener
//! run: --prog found --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {258, 2562, 2562, 65535, 65535, 2570, 65535, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("xdp")
int found(struct xdp_md* ctx) {
    SEE(0, tcp(ctx, peer, 5000, server, 80));
    SEE(1, tcp(ctx, nobody, 5000, server, 80));
    SEE(2, tcp(ctx, peer, 5001, server, 80));
    SEE(3, tcp(ctx, peer, 5002, server, 80));
    SEE(4, tcp(ctx, peer, 5000, server, 81));
    SEE(5, tcp(ctx, peer, 5000, server, 443));
    SEE(6, tcp(ctx, peer, 5000, nobody, 80));
    return XDP_PASS;
}

//! test: requests and sockets that wait, by another helper
//! run: --prog common --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {12, 6, 5002, [3 ... 7] = 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int common(struct __sk_buff* ctx) {
    struct bpf_sock_tuple query = tuple(peer, 5001, server, 80);
    struct bpf_sock* socket = bpf_skc_lookup_tcp(ctx, &query, sizeof(query.ipv4), -1, 0);
    if (socket) {
        SEE(0, socket->state);
        bpf_sk_release(socket);
    }
    query.ipv4.sport = bpf_htons(5002);
    socket = bpf_skc_lookup_tcp(ctx, &query, sizeof(query.ipv4), -1, 0);
    if (socket) {
        SEE(1, socket->state);
        SEE(2, bpf_ntohs(socket->dst_port));
        bpf_sk_release(socket);
    }
    return TC_ACT_OK;
}

//! test: UDP, of both families
//! run: --prog udp --world network.json --ctx ifindex=2 --packet hex:02000000000202000000000188b501020304
//! expect: seen = {1, 53, 17, 2, 1, 10, 2, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int udp(struct __sk_buff* ctx) {
    struct bpf_sock_tuple query = tuple(peer, 99, server, 53);
    struct bpf_sock* socket = bpf_sk_lookup_udp(ctx, &query, sizeof(query.ipv4), -1, 0);
    SEE(0, socket != 0);
    if (socket) {
        SEE(1, socket->src_port);
        SEE(2, socket->protocol);
        SEE(3, socket->type);
        bpf_sk_release(socket);
    }
    __builtin_memset(&query, 0, sizeof(query));
    query.ipv6.daddr[0] = bpf_htonl(0x20010db8);
    query.ipv6.daddr[3] = bpf_htonl(1);
    query.ipv6.dport = bpf_htons(53);
    socket = bpf_sk_lookup_udp(ctx, &query, sizeof(query.ipv6), -1, 0);
    SEE(4, socket != 0);
    if (socket) {
        SEE(5, socket->family);
        SEE(6, socket->bound_dev_if);
        bpf_sk_release(socket);
    }
    return TC_ACT_OK;
}
