// Connections that conntrack keeps: looked up, made, inserted, changed.
//! covers: kfunc bpf_xdp_ct_lookup
//! covers: kfunc bpf_skb_ct_lookup
//! covers: kfunc bpf_xdp_ct_alloc
//! covers: kfunc bpf_skb_ct_alloc
//! covers: kfunc bpf_ct_insert_entry
//! covers: kfunc bpf_ct_release
//! covers: kfunc bpf_ct_set_timeout
//! covers: kfunc bpf_ct_change_timeout
//! covers: kfunc bpf_ct_set_status
//! covers: kfunc bpf_ct_change_status
//! covers: kfunc bpf_ct_set_nat_info
//! since: 6.11
#include "case.h"

struct bpf_ct_opts___case {
    __s32 netns_id;
    __s32 error;
    __u8 l4proto;
    __u8 dir;
    __u16 ct_zone_id;
    __u8 ct_zone_dir;
    __u8 reserved[3];
};
union nf_inet_addr {
    __u32 all[4];
};
struct nf_conntrack_zone {
    __u16 id;
} __attribute__((preserve_access_index));
union nf_conntrack_man_proto {
    __be16 all;
} __attribute__((preserve_access_index));
struct nf_conntrack_man {
    union nf_inet_addr u3;
    union nf_conntrack_man_proto u;
    __u16 l3num;
} __attribute__((preserve_access_index));
struct nf_conntrack_tuple {
    struct nf_conntrack_man src;
} __attribute__((preserve_access_index));
struct nf_conntrack_tuple_hash {
    struct nf_conntrack_tuple tuple;
} __attribute__((preserve_access_index));
struct nf_conn {
    __u32 timeout;
    struct nf_conntrack_zone zone;
    struct nf_conntrack_tuple_hash tuplehash[2];
    unsigned long status;
    __u32 mark;
} __attribute__((preserve_access_index));
struct nf_conn___init {
    struct nf_conn ct;
} __attribute__((preserve_access_index));

#define OPTIONS struct bpf_ct_opts___case *opts, __u32 opts__sz
extern struct nf_conn* bpf_xdp_ct_lookup(struct xdp_md* ctx, struct bpf_sock_tuple* tuple,
                                         __u32 tuple__sz, OPTIONS) __ksym;
extern struct nf_conn* bpf_skb_ct_lookup(struct __sk_buff* ctx, struct bpf_sock_tuple* tuple,
                                         __u32 tuple__sz, OPTIONS) __ksym;
extern struct nf_conn___init* bpf_xdp_ct_alloc(struct xdp_md* ctx, struct bpf_sock_tuple* tuple,
                                               __u32 tuple__sz, OPTIONS) __ksym;
extern struct nf_conn___init* bpf_skb_ct_alloc(struct __sk_buff* ctx, struct bpf_sock_tuple* tuple,
                                               __u32 tuple__sz, OPTIONS) __ksym;
extern struct nf_conn* bpf_ct_insert_entry(struct nf_conn___init* ct) __ksym;
extern void bpf_ct_release(struct nf_conn* ct) __ksym;
extern void bpf_ct_set_timeout(struct nf_conn___init* ct, __u32 ms) __ksym;
extern int bpf_ct_change_timeout(struct nf_conn* ct, __u32 ms) __ksym;
extern int bpf_ct_set_status(const struct nf_conn___init* ct, __u32 status) __ksym;
extern int bpf_ct_change_status(struct nf_conn* ct, __u32 status) __ksym;
enum nf_nat_manip_type { NF_NAT_MANIP_SRC, NF_NAT_MANIP_DST };
extern int bpf_ct_set_nat_info(struct nf_conn___init* ct, union nf_inet_addr* addr, int port,
                               enum nf_nat_manip_type manip) __ksym;

enum { tcp = 6, udp = 17, seen_reply = 2, assured = 4, confirmed = 8, src_nat = 0x10 };
__s64 more[8];

static int error_of(struct __sk_buff* skb, __u32 tuple_size, struct bpf_ct_opts___case opts,
                    __u32 size) {
    struct bpf_sock_tuple tuple = {};
    struct nf_conn* ct;
    opts.error = 1;
    if (tuple_size == sizeof(tuple.ipv4) && size == 16)
        ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, 16);
    else if (tuple_size == sizeof(tuple.ipv4) && size == 12)
        ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, 12);
    else if (tuple_size == sizeof(tuple.ipv4))
        ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, 8);
    else if (tuple_size == sizeof(tuple.ipv6))
        ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv6), &opts, 16);
    else
        ct = bpf_skb_ct_lookup(skb, &tuple, 8, &opts, 16);
    if (!ct) return opts.error;
    bpf_ct_release(ct);
    return 1;
}

//! test: what a lookup refuses
//! run: --prog refused
//! expect: seen = {-2, -2, -2, -22, -22, -22, -71, -97}
//! expect: more = {-22, -64, -22, [3 ... 7] = 0}
SEC("tc")
int refused(struct __sk_buff* skb) {
    struct bpf_ct_opts___case good = {.netns_id = -1, .l4proto = udp}, opts = good;
    SEE(0, error_of(skb, 12, opts, 16));
    SEE(1, error_of(skb, 12, opts, 12));
    SEE(2, error_of(skb, 36, opts, 16));
    SEE(3, error_of(skb, 12, opts, 8));
    opts.reserved[2] = 1;
    SEE(4, error_of(skb, 12, opts, 16));
    opts = good;
    opts.ct_zone_id = 1;
    SEE(5, error_of(skb, 12, opts, 12));
    opts = good;
    opts.l4proto = 1;
    SEE(6, error_of(skb, 12, opts, 16));
    SEE(7, error_of(skb, 8, good, 16));
    opts = good;
    opts.netns_id = -2;
    more[0] = error_of(skb, 12, opts, 16);
    opts.netns_id = 1234567;
    more[1] = error_of(skb, 12, opts, 16);
    opts.netns_id = -2;
    opts.l4proto = tcp;
    more[2] = error_of(skb, 8, opts, 16);
    return 0;
}

static struct bpf_sock_tuple some_tuple(int last) {
    struct bpf_sock_tuple tuple = {};
    tuple.ipv4.saddr = bpf_htonl(0xcb007100 + last);
    tuple.ipv4.daddr = bpf_htonl(0xcb007181);
    tuple.ipv4.sport = bpf_htons(4321);
    tuple.ipv4.dport = bpf_htons(53);
    return tuple;
}

static struct bpf_sock_tuple answer_to(struct bpf_sock_tuple* tuple) {
    struct bpf_sock_tuple answer = {};
    answer.ipv4.saddr = tuple->ipv4.daddr;
    answer.ipv4.daddr = tuple->ipv4.saddr;
    answer.ipv4.sport = tuple->ipv4.dport;
    answer.ipv4.dport = tuple->ipv4.sport;
    return answer;
}

//! test: a connection is made, found from both sides, and not made twice
//! run: --prog insert
//! expect: connection udp 203.0.113.1:4321 -> 203.0.113.129:53, status 0xa
//! expect: seen = {0, -16, 0, 10, 1, -2, 0, 1}
//! expect: more = {0, -16, -16, 14, 14, 0, 1, 4321}
SEC("tc")
int insert(struct __sk_buff* skb) {
    struct bpf_ct_opts___case opts = {.netns_id = -1, .l4proto = udp};
    struct bpf_sock_tuple tuple = some_tuple(1), answer = answer_to(&tuple);
    struct nf_conn* ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (ct) return bpf_ct_release(ct), 1;
    struct nf_conn___init* made =
        bpf_skb_ct_alloc(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!made) return 2;
    SEE(0, made->ct.status);
    SEE(1, bpf_ct_set_status(made, confirmed));
    SEE(2, bpf_ct_set_status(made, seen_reply | src_nat));
    bpf_ct_set_timeout(made, 40);
    ct = bpf_ct_insert_entry(made);
    if (!ct) return 3;
    SEE(3, ct->status);
    more[0] = bpf_ct_change_status(ct, confirmed | seen_reply | assured);
    more[1] = bpf_ct_change_status(ct, confirmed | seen_reply);
    more[2] = bpf_ct_change_status(ct, seen_reply | assured);
    more[3] = ct->status;
    bpf_ct_release(ct);
    opts.dir = 7;
    ct = bpf_skb_ct_lookup(skb, &answer, sizeof(answer.ipv4), &opts, sizeof(opts));
    if (!ct) return 4;
    SEE(4, opts.dir);
    more[4] = ct->status;
    more[7] = bpf_ntohs(ct->tuplehash[0].tuple.src.u.all);
    bpf_ct_release(ct);
    opts.ct_zone_id = 9;
    SEE(5, 0);
    ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (ct)
        bpf_ct_release(ct);
    else
        SEE(5, opts.error);
    opts.ct_zone_id = 0;
    made = bpf_skb_ct_alloc(skb, &answer, sizeof(answer.ipv4), &opts, sizeof(opts));
    if (!made) return 5;
    ct = bpf_ct_insert_entry(made);
    if (ct) return bpf_ct_release(ct), 6;
    ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!ct) return 7;
    more[5] = opts.dir;
    more[6] = ct->timeout != 0;
    SEE(6, bpf_ct_change_timeout(ct, 1));
    SEE(7, opts.ct_zone_dir == 3);
    bpf_ct_release(ct);
    return 0;
}

//! test: a program marks a connection, before it is inserted and afterwards
//! run: --prog marked
//! expect: connection udp 203.0.113.3:4321 -> 203.0.113.129:53, status 0x8, mark 0x7
//! expect: seen = {7, 8, 9, [3 ... 7] = 0}
SEC("tc")
int marked(struct __sk_buff* skb) {
    struct bpf_ct_opts___case opts = {.netns_id = -1, .l4proto = udp};
    struct bpf_sock_tuple tuple = some_tuple(3);
    struct nf_conn* ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (ct) return bpf_ct_release(ct), 1;
    struct nf_conn___init* made =
        bpf_skb_ct_alloc(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!made) return 2;
    made->ct.mark = 7;
    bpf_ct_set_timeout(made, 40);
    ct = bpf_ct_insert_entry(made);
    if (!ct) return 3;
    SEE(0, ct->mark);
    ct->mark++;
    SEE(1, ct->mark);
    __sync_fetch_and_add(&ct->mark, 1);
    bpf_ct_release(ct);
    ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!ct) return 4;
    SEE(2, ct->mark);
    bpf_ct_release(ct);
    return 0;
}

//! test: for XDP the same, with an address that is translated
//! run: --prog translated
//! expect: returned XDP_PASS
//! expect: seen = {0, -12, 152, 80, 1, 0, 0, 0}
SEC("xdp")
int translated(struct xdp_md* ctx) {
    struct bpf_ct_opts___case opts = {.netns_id = -1, .l4proto = tcp};
    struct bpf_sock_tuple tuple = some_tuple(2), answer = answer_to(&tuple);
    union nf_inet_addr outside = {.all = {bpf_htonl(0xcb007177)}};
    // What an earlier run left has ended, and goes when it is looked for.
    struct nf_conn* ct = bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (ct) return bpf_ct_release(ct), XDP_REDIRECT;
    struct nf_conn___init* made =
        bpf_xdp_ct_alloc(ctx, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!made) return XDP_DROP;
    SEE(0, bpf_ct_set_nat_info(made, &outside, 80, NF_NAT_MANIP_SRC));
    SEE(1, bpf_ct_set_nat_info(made, &outside, 81, NF_NAT_MANIP_SRC));
    bpf_ct_set_timeout(made, 1);
    ct = bpf_ct_insert_entry(made);
    if (!ct) return XDP_ABORTED;
    SEE(2, ct->status);
    bpf_ct_release(ct);
    answer.ipv4.daddr = outside.all[0];
    answer.ipv4.dport = bpf_htons(80);
    SEE(3, bpf_ntohs(answer.ipv4.dport));
    ct = bpf_xdp_ct_lookup(ctx, &answer, sizeof(answer.ipv4), &opts, sizeof(opts));
    if (!ct) return XDP_TX;
    SEE(4, opts.dir);
    bpf_ct_release(ct);
    return XDP_PASS;
}

//! test: connections that the world has
//! run: --prog known --world connections.json
//! differs on kernel: it has no such connections
//! expect: seen = {14, 7, -1, -2, 1, 99, 0, 0}
SEC("tc")
int known(struct __sk_buff* skb) {
    struct bpf_ct_opts___case opts = {.netns_id = -1, .l4proto = tcp};
    struct bpf_sock_tuple tuple = {};
    tuple.ipv4.saddr = bpf_htonl(0xc0000201);
    tuple.ipv4.daddr = bpf_htonl(0xc0000202);
    tuple.ipv4.sport = bpf_htons(1000);
    tuple.ipv4.dport = bpf_htons(80);
    struct nf_conn* ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!ct) return 1;
    SEE(0, ct->status);
    SEE(1, ct->mark);
    bpf_ct_release(ct);
    tuple.ipv4.dport = bpf_htons(81);
    ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!ct) return 2;
    SEE(2, bpf_ct_change_timeout(ct, 1));
    bpf_ct_release(ct);
    tuple.ipv4.dport = bpf_htons(82);
    ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (ct) return bpf_ct_release(ct), 3;
    SEE(3, opts.error);
    tuple.ipv4.saddr = bpf_htonl(0xc6336402);
    tuple.ipv4.daddr = bpf_htonl(0xc6336401);
    tuple.ipv4.sport = bpf_htons(53);
    tuple.ipv4.dport = bpf_htons(4000);
    opts.l4proto = udp;
    opts.ct_zone_id = 5;
    ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    if (!ct) return 4;
    SEE(4, opts.dir);
    SEE(5, ct->mark);
    bpf_ct_release(ct);
    return 0;
}
