// Functions inside one program: a static one is verified for each call, a global one once and for
// all arguments. Together they check an IPv4 header's checksum (RFC 1071).
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

static __noinline __u32 sum_of(const struct iphdr* ip) {
    const __u16* words = (const __u16*)ip;
    __u32 sum = 0;
    for (unsigned i = 0; i < sizeof(*ip) / sizeof(*words); ++i) sum += words[i];
    return sum;
}

__noinline __u32 fold(__u32 sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

SEC("xdp")
int drop_damaged(struct xdp_md* ctx) {
    void* end = (void*)(long)ctx->data_end;
    struct ethhdr* eth = (void*)(long)ctx->data;
    struct iphdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
        return XDP_PASS;
    return fold(sum_of(ip)) == 0xffff ? XDP_PASS : XDP_DROP;
}
