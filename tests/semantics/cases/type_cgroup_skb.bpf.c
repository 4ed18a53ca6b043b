// Packets of the sockets of a cgroup: 1 lets them through.
//! covers: program type cgroup_skb
#include "case.h"

//! test: the data begins at the network layer
//! run: --prog from --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned 1
//! expect: seen = {20, 3221225985, [2 ... 7] = 0}
//! differs on vm:6.1: its test-run gives no pointers to the packet
//! differs on vm:6.12: its test-run gives no pointers to the packet
SEC("cgroup_skb/ingress")
int from(struct __sk_buff* skb) {
    __be32* ip = (void*)(long)skb->data;
    if ((void*)(ip + 5) > (void*)(long)skb->data_end) return 0;
    SEE(0, skb->len);
    SEE(1, bpf_ntohl(ip[3]));
    return 1;
}

//! test: a packet that goes out is marked and held back
//! run: --prog hold --packet
//! run: hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned 0
//! expect: mark 0 -> 9
SEC("cgroup_skb/egress")
int hold(struct __sk_buff* skb) {
    skb->mark = 9;
    return 0;
}
