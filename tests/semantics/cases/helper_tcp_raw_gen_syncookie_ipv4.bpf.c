// SYN cookies without a socket: what is generated is recognised.
//! covers: helper tcp_raw_gen_syncookie_ipv4
//! covers: helper tcp_raw_gen_syncookie_ipv6
//! covers: helper tcp_raw_check_syncookie_ipv4
//! covers: helper tcp_raw_check_syncookie_ipv6
//! covers: helper tcp_gen_syncookie
//! covers: helper tcp_check_syncookie
//! since: 6.0
#include "case.h"

struct iphdr {
    __u8 version;
    __u8 before[11];
    __u32 saddr, daddr;
};
struct ipv6hdr {
    __u8 version;
    __u8 before[7];
    __u32 addresses[8];
};
struct tcphdr {
    __u16 source, dest;
    __u32 seq, ack_seq;
    __u16 flags, window, check, urgent;
};
struct syn {
    struct tcphdr tcp;
    __u8 options[4];
};

#define RAW_GEN(family) ((__s64(*)(void*, void*, __u32))BPF_FUNC_tcp_raw_gen_syncookie_##family)
#define RAW_CHECK(family) ((__s64(*)(void*, void*))BPF_FUNC_tcp_raw_check_syncookie_##family)

//! test: IPv4, with and without a segment size
//! run: --prog ipv4 --packet hex:02000000000202000000000188b501020304
//! expect: seen = {1440, 0, 536, -22, -13, -13, 0, 0}
SEC("tc")
int ipv4(struct __sk_buff* ctx) {
    struct iphdr ip = {.version = 0x45, .saddr = 1, .daddr = 2};
    struct syn syn = {{.source = 3, .dest = 4, .seq = bpf_htonl(1000), .flags = bpf_htons(0x6002)},
                      {2, 4, 1459 >> 8, 1459 & 255}};
    __s64 made = RAW_GEN(ipv4)(&ip, &syn, sizeof(syn));
    SEE(0, made >> 32);
    struct tcphdr ack = {.source = 3,
                         .dest = 4,
                         .seq = bpf_htonl(1001),
                         .ack_seq = bpf_htonl((__u32)made + 1),
                         .flags = bpf_htons(0x5010)};
    SEE_INT(1, RAW_CHECK(ipv4)(&ip, &ack));
    syn.options[0] = 0;
    SEE(2, RAW_GEN(ipv4)(&ip, &syn, sizeof(syn)) >> 32);
    SEE_INT(3, RAW_GEN(ipv4)(&ip, &syn, sizeof(syn) - 4));
    ack.ack_seq ^= 0xffffff;
    SEE_INT(4, RAW_CHECK(ipv4)(&ip, &ack));
    ack.ack_seq = 0;
    SEE_INT(5, RAW_CHECK(ipv4)(&ip, &ack));
    return TC_ACT_OK;
}

//! test: IPv6
//! run: --prog ipv6 --packet hex:02000000000202000000000188b501020304
//! expect: seen = {8940, 0, 1220, -22, [4 ... 7] = 0}
SEC("tc")
int ipv6(struct __sk_buff* ctx) {
    struct ipv6hdr ip = {.version = 0x60, .addresses = {1, 2, 3, 4, 5, 6, 7, 8}};
    struct syn syn = {{.source = 3, .dest = 4, .seq = bpf_htonl(77), .flags = bpf_htons(0x6002)},
                      {2, 4, 9000 >> 8, 9000 & 255}};
    __s64 made = RAW_GEN(ipv6)(&ip, &syn, sizeof(syn));
    SEE(0, made >> 32);
    struct tcphdr ack = {.source = 3,
                         .dest = 4,
                         .seq = bpf_htonl(78),
                         .ack_seq = bpf_htonl((__u32)made + 1),
                         .flags = bpf_htons(0x5010)};
    SEE_INT(1, RAW_CHECK(ipv6)(&ip, &ack));
    syn.options[0] = 0;
    SEE(2, RAW_GEN(ipv6)(&ip, &syn, sizeof(syn)) >> 32);
    SEE_INT(3, RAW_GEN(ipv6)(&ip, &syn, sizeof(syn) - 4));
    return TC_ACT_OK;
}

//! test: by a socket that listens
//! run: --prog listener --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {1460, 0, -22, -2, -93, -22, 0, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int listener(struct __sk_buff* ctx) {
    struct iphdr ip = {.version = 0x45, .saddr = 1, .daddr = 2};
    struct syn syn = {{.source = 3, .dest = 4, .seq = bpf_htonl(1000), .flags = bpf_htons(0x6002)},
                      {2, 4, 1460 >> 8, 1460 & 255}};
    struct bpf_sock_tuple query = {};
    query.ipv4.daddr = bpf_htonl(0xc0000201);
    query.ipv4.dport = bpf_htons(80);
    struct bpf_sock* socket = bpf_sk_lookup_tcp(ctx, &query, sizeof(query.ipv4), -1, 0);
    if (!socket) return TC_ACT_SHOT;
    __s64 made = bpf_tcp_gen_syncookie(socket, &ip, sizeof(ip), (void*)&syn, sizeof(syn));
    SEE(0, made >> 32);
    struct tcphdr ack = {.source = 3,
                         .dest = 4,
                         .seq = bpf_htonl(1001),
                         .ack_seq = bpf_htonl((__u32)made + 1),
                         .flags = bpf_htons(0x5010)};
    SEE_INT(1, bpf_tcp_check_syncookie(socket, &ip, sizeof(ip), (void*)&ack, sizeof(ack)));
    SEE_INT(2, bpf_tcp_gen_syncookie(socket, &ip, sizeof(ip), (void*)&ack, sizeof(ack)));
    SEE_INT(3, bpf_tcp_check_syncookie(socket, &ip, sizeof(ip), (void*)&syn, sizeof(ack)));
    ip.version = 0x15;
    SEE_INT(4, bpf_tcp_check_syncookie(socket, &ip, sizeof(ip), (void*)&ack, sizeof(ack)));
    SEE_INT(5, bpf_tcp_check_syncookie(socket, &ip, sizeof(ip), (void*)&ack, sizeof(ack) - 1));
    bpf_sk_release(socket);
    return TC_ACT_OK;
}
