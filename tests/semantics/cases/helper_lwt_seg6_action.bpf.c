// Changes to the segment routing header of a packet, in a segment that is a program.
//! covers: helper lwt_seg6_store_bytes
//! covers: helper lwt_seg6_adjust_srh
//! covers: helper lwt_seg6_action
//! since: 4.18
#include <linux/seg6_local.h>
#include "case.h"

// Behind the Ethernet header: IPv6 to 2001:db8::a; two segments, none of which is left; an IPv6
// packet without contents.
enum { header = 40, tag = header + 6, segments = header + 8, values = segments + 32 };

//! test: flags and tag may be written, what is in front of and behind them may not
//! run: --prog store --packet
//! run: hex:02000000000202000000000186dd6000000000502b4020010db800000000000000000000000120010db800000000000000000000000a
//! run: --world network.json
//! expect: seen = {-22, [1 ... 7] = 0}
//! test: the same with a header
//! run: --prog store --world network.json --packet
//! run: hex:02000000000202000000000186dd6000000000502b4020010db800000000000000000000000120010db800000000000000000000000a2904040001000000200100000000000000000000000000aa20010db800000000000000000000000a6000000000003b4020010db800000000000000000000000120010db800000000000000000000000b
//! expect: seen = {0, -14, -14, 4660, [4 ... 7] = 0}
SEC("lwt_seg6local")
int store(struct __sk_buff* skb) {
    __u16 number = bpf_htons(0x1234), read = 0;
    SEE_INT(0, bpf_lwt_seg6_store_bytes(skb, tag, &number, sizeof(number)));
    if (seen[0]) return BPF_OK;
    SEE_INT(1, bpf_lwt_seg6_store_bytes(skb, header + 4, &number, sizeof(number)));
    SEE_INT(2, bpf_lwt_seg6_store_bytes(skb, segments, &number, sizeof(number)));
    bpf_skb_load_bytes(skb, tag, &read, sizeof(read));
    SEE(3, bpf_ntohs(read));
    return BPF_OK;
}

//! test: room for values makes the packet longer, the header says so once it is looked at
//! run: --prog adjust --world network.json --packet
//! run: hex:02000000000202000000000186dd6000000000502b4020010db800000000000000000000000120010db800000000000000000000000a2904040001000000200100000000000000000000000000aa20010db800000000000000000000000a6000000000003b4020010db800000000000000000000000120010db800000000000000000000000b
//! expect: seen = {0, 0, 0, 88, 5, -74, -14, -14}
SEC("lwt_seg6local")
int adjust(struct __sk_buff* skb) {
    __u8 value[8] = {124, 6};
    __u32 table = 0;
    __u16 length = 0;
    __u8 size = 0;
    SEE_INT(0, bpf_lwt_seg6_adjust_srh(skb, values, sizeof(value)));
    SEE_INT(1, bpf_lwt_seg6_store_bytes(skb, values, value, sizeof(value)));
    SEE_INT(2, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_T, &table, sizeof(table)));
    bpf_skb_load_bytes(skb, 4, &length, sizeof(length));
    SEE(3, bpf_ntohs(length));
    bpf_skb_load_bytes(skb, header + 1, &size, sizeof(size));
    SEE(4, size);
    bpf_lwt_seg6_adjust_srh(skb, values, 4);
    SEE_INT(5, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_T, &table, sizeof(table)));
    SEE_INT(6, bpf_lwt_seg6_adjust_srh(skb, values - 1, 8));
    SEE_INT(7, bpf_lwt_seg6_adjust_srh(skb, values, -16));
    return BPF_OK;
}

//! test: next hops are looked for where the action says
//! run: --prog forward --world network.json --packet
//! run: hex:02000000000202000000000186dd6000000000502b4020010db800000000000000000000000120010db800000000000000000000000a2904040001000000200100000000000000000000000000aa20010db800000000000000000000000a6000000000003b4020010db800000000000000000000000120010db800000000000000000000000b
//! expect: seen = {0, -101, -22, -22, -22, 0, 40, -74}
SEC("lwt_seg6local")
int forward(struct __sk_buff* skb) {
    __u8 near[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};
    __u8 far[16] = {0x20, 0x02};
    __u32 table = 0, no_table = 77;
    SEE_INT(0, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_X, near, sizeof(near)));
    SEE_INT(1, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_X, far, sizeof(far)));
    SEE_INT(2, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_X, near, 8));
    SEE_INT(3, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_T, &no_table, sizeof(no_table)));
    SEE_INT(4, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END, &table, sizeof(table)));
    SEE_INT(5, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_DT6, &table, sizeof(table)));
    SEE(6, skb->len);
    SEE_INT(7, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_DT6, &table, sizeof(table)));
    return BPF_OK;
}

struct srh {
    __u8 next, size, type, left, first, flags;
    __u16 tag;
    __u8 segments[2][16];
};

/// A header whose last segment is 2001:db8::c.
static __always_inline struct srh by_way_of_12(void) {
    struct srh srh = {.size = 4, .type = 4, .left = 1, .first = 1};
    srh.segments[1][0] = 0x20, srh.segments[1][1] = 1;
    srh.segments[1][2] = 0x0d, srh.segments[1][3] = 0xb8, srh.segments[1][15] = 12;
    return srh;
}

static __always_inline __u8 byte_at(struct __sk_buff* skb, __u32 offset) {
    __u8 byte = 0;
    bpf_skb_load_bytes(skb, offset, &byte, sizeof(byte));
    return byte;
}

/// The packet's size, how much follows its IPv6 header, what follows the routing header, and the
/// last byte of the address that it goes to.
static __always_inline void see_headers(struct __sk_buff* skb) {
    __u16 length = 0;
    SEE(1, skb->len);
    bpf_skb_load_bytes(skb, 4, &length, sizeof(length));
    SEE(2, bpf_ntohs(length));
    SEE(3, byte_at(skb, header));
    SEE(4, byte_at(skb, 39));
}

//! test: a further header inside, which goes by way of its last segment
//! run: --prog inside --world network.json --packet
//! run: hex:02000000000202000000000186dd6000000000502b4020010db800000000000000000000000120010db800000000000000000000000a2904040001000000200100000000000000000000000000aa20010db800000000000000000000000a6000000000003b4020010db800000000000000000000000120010db800000000000000000000000b
//! expect: seen = {0, 160, 120, 43, 12, 10, -22, 0}
SEC("lwt_seg6local")
int inside(struct __sk_buff* skb) {
    struct srh srh = by_way_of_12();
    SEE_INT(0, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_B6, &srh, sizeof(srh)));
    see_headers(skb);
    SEE(5, byte_at(skb, segments + 15));
    srh.left = 2;
    SEE_INT(6, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_B6, &srh, sizeof(srh)));
    return BPF_OK;
}

//! test: a further header outside, behind another IPv6 header
//! run: --prog outside --world network.json --ctx ifindex=2 --packet
//! run: hex:02000000000202000000000186dd6000000000502b4020010db800000000000000000000000120010db800000000000000000000000a2904040001000000200100000000000000000000000000aa20010db800000000000000000000000a6000000000003b4020010db800000000000000000000000120010db800000000000000000000000b
//! expect: seen = {0, 200, 160, 41, 12, 1, 64, 0}
SEC("lwt_seg6local")
int outside(struct __sk_buff* skb) {
    struct srh srh = by_way_of_12();
    SEE_INT(0, bpf_lwt_seg6_action(skb, SEG6_LOCAL_ACTION_END_B6_ENCAP, &srh, sizeof(srh)));
    see_headers(skb);
    SEE(5, byte_at(skb, 23));
    SEE(6, byte_at(skb, 7));
    return BPF_OK;
}
