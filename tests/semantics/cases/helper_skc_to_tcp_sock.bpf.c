// What a socket is to the kernel: its struct by the kernel's types, or null where it is of another
// kind.
//! covers: helper skc_to_tcp_sock
//! covers: helper skc_to_tcp6_sock
//! covers: helper skc_to_tcp_timewait_sock
//! covers: helper skc_to_tcp_request_sock
//! covers: helper skc_to_udp6_sock
//! covers: helper skc_to_unix_sock
//! covers: helper skc_to_mptcp_sock
//! since: 5.19
#include "case.h"

#include <bpf/bpf_tracing.h>

#define BY_NAME __attribute__((preserve_access_index))

struct sock_common {
    unsigned short skc_family;
    unsigned short skc_num;
    unsigned short skc_dport;
    unsigned int skc_daddr;
    unsigned char skc_state;
} BY_NAME;
struct sock {
    struct sock_common __sk_common;
    unsigned int sk_mark;
} BY_NAME;
struct minmax_sample {
    unsigned int v;
} BY_NAME;
struct minmax {
    struct minmax_sample s[3];
} BY_NAME;
struct tcp_sock {
    unsigned int snd_cwnd;
    unsigned long long bytes_acked;
    struct minmax rtt_min;
} BY_NAME;

#define KINDS(socket)                                  \
    SEE(0, bpf_skc_to_tcp_sock(socket) != 0);          \
    SEE(1, bpf_skc_to_tcp6_sock(socket) != 0);         \
    SEE(2, bpf_skc_to_tcp_timewait_sock(socket) != 0); \
    SEE(3, bpf_skc_to_tcp_request_sock(socket) != 0);  \
    SEE(4, bpf_skc_to_udp6_sock(socket) != 0);         \
    SEE(5, bpf_skc_to_unix_sock(socket) != 0)

//! test: the socket of a test-run's packet is none of them
//! run: --prog own --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {[0 ... 6] = 0, 1}
SEC("cgroup_skb/ingress")
int own(struct __sk_buff* ctx) {
    struct bpf_sock* socket = ctx->sk;
    if (!socket) return 1;
    KINDS(socket);
    SEE(6, bpf_skc_to_mptcp_sock(socket) != 0);
    SEE(7, socket->family != 0);
    return 1;
}

//! test: the fields of a TCP socket, and the MPTCP connection that it is a part of
//! run: --prog tcp --world sockets.json --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: seen = {42, 1234567890123, 11, 80, 34835, 33685696, 7, 9}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int tcp(struct __sk_buff* ctx) {
    struct bpf_sock* socket = ctx->sk;
    if (!socket) return TC_ACT_OK;
    struct tcp_sock* tcp = (void*)bpf_skc_to_tcp_sock(socket);
    if (!tcp) return TC_ACT_OK;
    SEE(0, tcp->snd_cwnd);
    SEE(1, tcp->bytes_acked);
    SEE(2, tcp->rtt_min.s[0].v);
    struct sock* common = (void*)tcp;
    SEE(3, common->__sk_common.skc_num);
    SEE(4, common->__sk_common.skc_dport);
    SEE(5, common->__sk_common.skc_daddr);
    SEE(6, common->sk_mark);
    struct sock* whole = (void*)bpf_skc_to_mptcp_sock(socket);
    if (whole) SEE(7, whole->sk_mark);
    return TC_ACT_OK;
}

#define LOOK_UP(size, ...)                                                                   \
    struct bpf_sock_tuple tuple = {__VA_ARGS__};                                             \
    struct bpf_sock* socket = bpf_skc_lookup_tcp(ctx, &tuple, size, BPF_F_CURRENT_NETNS, 0); \
    if (!socket) return TC_ACT_OK;                                                           \
    KINDS(socket);                                                                           \
    SEE(6, socket->state);                                                                   \
    bpf_sk_release(socket);                                                                  \
    return TC_ACT_OK

#define LOCAL bpf_htonl(0xc0000201)
#define REMOTE bpf_htonl(0xc0000202)

//! test: a connection of IPv4 that is established
//! run: --prog established --world sockets.json
//! expect: seen = {1, [1 ... 5] = 0, 1, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int established(struct __sk_buff* ctx) {
    LOOK_UP(sizeof(tuple.ipv4), .ipv4 = {REMOTE, LOCAL, bpf_htons(5000), bpf_htons(80)});
}

//! test: one that was asked for
//! run: --prog asked --world sockets.json
//! expect: seen = {0, 0, 0, 1, 0, 0, 12, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int asked(struct __sk_buff* ctx) {
    LOOK_UP(sizeof(tuple.ipv4), .ipv4 = {REMOTE, LOCAL, bpf_htons(5001), bpf_htons(80)});
}

//! test: one that waits for its end
//! run: --prog ended --world sockets.json
//! expect: seen = {0, 0, 1, 0, 0, 0, 6, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int ended(struct __sk_buff* ctx) {
    LOOK_UP(sizeof(tuple.ipv4), .ipv4 = {REMOTE, LOCAL, bpf_htons(5002), bpf_htons(80)});
}

//! test: one of IPv6
//! run: --prog six --world sockets.json
//! expect: seen = {1, 1, [2 ... 5] = 0, 1, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int six(struct __sk_buff* ctx) {
    LOOK_UP(sizeof(tuple.ipv6), .ipv6 = {{bpf_htonl(0x20010db8), 0, 0, bpf_htonl(2)},
                                         {bpf_htonl(0x20010db8), 0, 0, bpf_htonl(1)},
                                         bpf_htons(5000),
                                         bpf_htons(80)});
}

//! test: a socket that a function of the kernel is given: of UDP and IPv6
//! run: --prog traced --obj args.sk:udp6_sock.udp.inet.sk.__sk_common.skc_family=10
//! run: --obj args.sk.sk_protocol=17 --obj args.sk.sk_type=2
//! expect: seen = {[0 ... 3] = 0, 1, 0, 0, 0}
//! test: of UNIX
//! run: --prog traced --obj args.sk:unix_sock.sk.__sk_common.skc_family=1
//! expect: seen = {[0 ... 4] = 0, 1, 0, 0}
//! test: the same that waits for its end, which only TCP knows
//! run: --prog traced --obj args.sk:unix_sock.sk.__sk_common.skc_family=1
//! run: --obj args.sk.__sk_common.skc_state=6
//! expect: seen = {[0 ... 7] = 0}
//! test: of TCP, which waits for its end
//! run: --prog traced --obj args.sk.__sk_common.skc_state=6
//! run: --obj 'args.sk.__sk_common.skc_prot.name="TCPv6"'
//! expect: seen = {0, 0, 1, [3 ... 7] = 0}
SEC("fentry/inet_csk_listen_stop")
int BPF_PROG(traced, struct sock* sk) {
    KINDS(sk);
    return 0;
}
