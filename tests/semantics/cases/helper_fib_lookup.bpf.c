// Where the kernel would forward a packet to: device, next hop, link addresses, MTU.
//! covers: helper fib_lookup
#include "case.h"

enum { inet = 2, inet6 = 10 };
enum { direct = 1, output = 2, skip_neighbour = 4, table = 8, source = 16, mark = 32 };

#define LOOKUP(index, flags) SEE_INT(index, bpf_fib_lookup(ctx, &p, sizeof(p), flags))

//! test: without forwarding there is no way, and what must not be asked
//! run: --prog refused --packet hex:02000000000202000000000188b501020304
//! expect: seen = {5, -22, -22, -19, -19, 5, -97, 4}
SEC("tc")
int refused(struct __sk_buff* ctx) {
    struct bpf_fib_lookup p = {.family = inet, .ifindex = 1, .ipv4_dst = bpf_htonl(0x7f000002)};
    LOOKUP(0, 0);
    LOOKUP(1, 64);
    SEE_INT(2, bpf_fib_lookup(ctx, &p, sizeof(p) - 1, 0));
    p.ifindex = 4711;
    LOOKUP(3, 0);
    p.family = inet6;
    LOOKUP(4, 0);
    p.ifindex = 1;
    p.ipv6_dst[0] = bpf_htonl(0x20010db8);
    LOOKUP(5, 0);
    p.family = 11;
    LOOKUP(6, 0);
    p.family = inet6;
    p.ifindex = 4711;
    p.ipv6_dst[0] = bpf_htonl(0xff020000);
    LOOKUP(7, 0);
    return TC_ACT_OK;
}

static __always_inline long answer(void* ctx, __u32 destination, __u32 flags) {
    struct bpf_fib_lookup p = {.family = inet, .ifindex = 2, .ipv4_dst = bpf_htonl(destination)};
    return bpf_fib_lookup(ctx, &p, sizeof(p), flags);
}

//! test: what routes say
//! run: --prog answers --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 1, 2, 3, 6, 4, 7, 7}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int answers(struct __sk_buff* ctx) {
    SEE_INT(0, answer(ctx, 0xc0000202, 0));  // 192.0.2.2
    SEE_INT(1, answer(ctx, 0xcb007101, 0));  // 203.0.113.1
    SEE_INT(2, answer(ctx, 0xcb007141, 0));
    SEE_INT(3, answer(ctx, 0xcb007181, 0));
    SEE_INT(4, answer(ctx, 0xcb0071c1, 0));
    SEE_INT(5, answer(ctx, 0xc0000201, 0));  // 192.0.2.1, its own
    SEE_INT(6, answer(ctx, 0xc0000203, 0));  // Not reachable.
    SEE_INT(7, answer(ctx, 0xc0000204, 0));  // Not known.
    return TC_ACT_OK;
}

//! test: what a next hop is
//! run: --prog hop --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 3, 3325256958, 1400, 3, 254, 0, 2}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int hop(struct __sk_buff* ctx) {
    struct bpf_fib_lookup p = {.family = inet, .ifindex = 2, .ipv4_dst = bpf_htonl(0x08080808)};
    LOOKUP(0, 0);
    SEE(1, p.ifindex);
    SEE(2, bpf_ntohl(p.ipv4_dst));
    SEE(3, p.tot_len);
    SEE(4, p.smac[5]);
    SEE(5, p.dmac[5]);
    SEE(6, p.rt_metric);
    SEE(7, p.dmac[4]);
    return TC_ACT_OK;
}

//! test: lengths are held against the route's MTU
//! run: --prog length --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {8, 1300, 0, 1300, 7, 1000, 0, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("xdp")
int length(struct xdp_md* ctx) {
    struct bpf_fib_lookup p = {
        .family = inet, .ifindex = 2, .tot_len = 1301, .ipv4_dst = bpf_htonl(0xc63364fe)};
    LOOKUP(0, 0);
    SEE(1, p.tot_len);
    LOOKUP(2, 0);
    SEE(3, p.tot_len);
    p.tot_len = 1000;
    p.ipv4_dst = bpf_htonl(0xc6336401);
    LOOKUP(4, 0);
    SEE(5, p.tot_len);
    return XDP_PASS;
}

//! test: tables, marks, sources
//! run: --prog tables --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 2, 0, 2, 3221225993, 0, 4, 0}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int tables(struct __sk_buff* ctx) {
    struct bpf_fib_lookup p = {.family = inet, .ifindex = 3, .ipv4_dst = bpf_htonl(0x08080808)};
    __u32* number = (__u32*)&p.h_vlan_proto;
    *number = 100;
    LOOKUP(0, direct | table | skip_neighbour);
    SEE(1, p.ifindex);
    p = (struct bpf_fib_lookup){.family = inet, .ifindex = 3, .ipv4_dst = bpf_htonl(0x08080808)};
    __builtin_memcpy(p.smac, &(__u32){5}, 4);
    LOOKUP(2, mark | source);
    SEE(3, p.dmac[5]);
    SEE(4, bpf_ntohl(p.ipv4_src));
    p = (struct bpf_fib_lookup){.family = inet, .ifindex = 3, .ipv4_dst = bpf_htonl(0x08080808)};
    LOOKUP(5, output);
    p = (struct bpf_fib_lookup){.family = inet, .ifindex = 2, .ipv4_dst = bpf_htonl(0xc6120001)};
    *number = 4711;
    LOOKUP(6, direct | table);
    p.ifindex = 2;
    LOOKUP(7, 0);
    return p.family == inet6 ? TC_ACT_OK : TC_ACT_SHOT;
}

//! test: IPv6
//! run: --prog six --world network.json --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 1024, 6, 7, 3, 4, 9, 5}
//! differs on kernel: it has no such network
//! differs on vm:6.1: it has no such network
//! differs on vm:6.12: it has no such network
SEC("tc")
int six(struct __sk_buff* ctx) {
    struct bpf_fib_lookup p = {
        .family = inet6, .ifindex = 2, .ipv6_dst = {bpf_htonl(0x20010db8), 0, 0, bpf_htonl(2)}};
    LOOKUP(0, 0);
    SEE(1, p.rt_metric);
    SEE(2, p.dmac[5]);
    p = (struct bpf_fib_lookup){.family = inet6,
                                .ifindex = 2,
                                .ipv6_dst = {bpf_htonl(0x20010db8), bpf_htonl(0x10000), 0, 9}};
    LOOKUP(3, 0);
    SEE(4, p.ifindex);
    p.ipv6_dst[0] = bpf_htonl(0x20020000);
    LOOKUP(5, 0);
    p = (struct bpf_fib_lookup){.family = inet6,
                                .ifindex = 2,
                                .ipv6_dst = {bpf_htonl(0x20010db8), bpf_htonl(0x10000), 0, 9}};
    LOOKUP(6, source);
    p.ifindex = 4;
    LOOKUP(7, 0);
    return TC_ACT_OK;
}
