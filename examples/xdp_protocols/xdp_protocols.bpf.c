// A packet parser: Ethernet, up to two VLAN tags, then IPv4 or IPv6; counts what it finds.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

enum protocol { OTHER, ARP, ICMP, TCP, UDP, PROTOCOLS };

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, PROTOCOLS);
    __type(key, enum protocol);
    __type(value, __u64);
} packets SEC(".maps");

struct vlan_tag {
    __be16 tci;
    __be16 next;
};

static enum protocol of_ip(__u8 number) {
    if (number == IPPROTO_TCP) return TCP;
    if (number == IPPROTO_UDP) return UDP;
    return number == IPPROTO_ICMP || number == IPPROTO_ICMPV6 ? ICMP : OTHER;
}

static enum protocol parse(void* at, void* end) {
    struct ethhdr* eth = at;
    if ((void*)(eth + 1) > end) return OTHER;
    __be16 type = eth->h_proto;
    at = eth + 1;
    for (int tags = 0; tags < 2 && type == bpf_htons(ETH_P_8021Q); ++tags) {
        struct vlan_tag* tag = at;
        if ((void*)(tag + 1) > end) return OTHER;
        type = tag->next;
        at = tag + 1;
    }
    struct iphdr* v4 = at;
    struct ipv6hdr* v6 = at;
    if (type == bpf_htons(ETH_P_ARP)) return ARP;
    if (type == bpf_htons(ETH_P_IP) && (void*)(v4 + 1) <= end) return of_ip(v4->protocol);
    if (type == bpf_htons(ETH_P_IPV6) && (void*)(v6 + 1) <= end) return of_ip(v6->nexthdr);
    return OTHER;
}

SEC("xdp")
int count_protocols(struct xdp_md* ctx) {
    enum protocol found = parse((void*)(long)ctx->data, (void*)(long)ctx->data_end);
    __u64* count = bpf_map_lookup_elem(&packets, &found);
    if (count) ++*count;
    return XDP_PASS;
}
