// Lets so many packets of each flow pass and drops the rest.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct flow {
    __be32 source;
    __u8 protocol;
};

struct usage {
    __u64 packets;
    __u64 bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, struct flow);
    __type(value, struct usage);
} flows SEC(".maps");

const volatile __u64 limit = 1000;
__u64 dropped;

SEC("xdp")
int rate_limit(struct xdp_md* ctx) {
    struct ethhdr* eth = (void*)(long)ctx->data;
    struct iphdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > (void*)(long)ctx->data_end) return XDP_PASS;
    if (eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;

    struct flow flow;
    __builtin_memset(&flow, 0, sizeof(flow));
    flow.source = ip->saddr;
    flow.protocol = ip->protocol;
    struct usage* usage = bpf_map_lookup_elem(&flows, &flow);
    if (!usage) {
        struct usage first = {1, ctx->data_end - ctx->data};
        bpf_map_update_elem(&flows, &flow, &first, BPF_ANY);
        return XDP_PASS;
    }
    if (usage->packets >= limit) {
        __sync_fetch_and_add(&dropped, 1);
        return XDP_DROP;
    }
    __sync_fetch_and_add(&usage->packets, 1);
    __sync_fetch_and_add(&usage->bytes, ctx->data_end - ctx->data);
    return XDP_PASS;
}
