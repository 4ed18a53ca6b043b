// Counts packets by protocol and passes those that are short.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct counter {
    __u64 packets;
    __u64 bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 256);
    __type(key, __u32);
    __type(value, struct counter);
} counts SEC(".maps");

int seen;
const volatile __u32 longest = 64;

static void count(__u32 protocol, __u64 bytes) {
    struct counter fresh = {1, bytes};
    struct counter* counter = bpf_map_lookup_elem(&counts, &protocol);
    if (!counter) {
        bpf_map_update_elem(&counts, &protocol, &fresh, BPF_ANY);
        return;
    }
    counter->packets++;
    counter->bytes += bytes;
}

SEC("xdp")
int counters(struct xdp_md* ctx) {
    void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
    struct ethhdr* eth = data;
    struct iphdr* ip = (void*)(eth + 1);
    seen++;
    if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_ABORTED;
    count(ip->protocol, end - data);
    ip->ttl--;
    return end - data > longest ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
