// A firewall: drops IPv4 packets of blocked sources and counts them in the blocking entry.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __be32);
    __type(value, __u64);
} blocked SEC(".maps");

//! test: a packet from a blocked source is dropped and counted
//! run: --set blocked hex:c0000201 41
//! run: --packet hex:0200000000010200000000020800450000140000000040110000c0000201c0000202
//! expect: returned XDP_DROP
//! expect: 16908480 -> 42

//! test: one from another source passes and is not counted
//! run: --set blocked hex:c0000203 41
//! run: --packet hex:0200000000010200000000020800450000140000000040110000c0000201c0000202
//! expect: returned XDP_PASS
//! expect: 50462912 -> 41
SEC("xdp")
int firewall(struct xdp_md* ctx) {
    struct ethhdr* eth = (void*)(long)ctx->data;
    struct iphdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > (void*)(long)ctx->data_end) return XDP_PASS;
    if (eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
    __u64* packets = bpf_map_lookup_elem(&blocked, &ip->saddr);
    if (!packets) return XDP_PASS;
    __sync_fetch_and_add(packets, 1);
    return XDP_DROP;
}
