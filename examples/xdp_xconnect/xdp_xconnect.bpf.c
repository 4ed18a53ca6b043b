// A cross-connect: what comes in at one port leaves at the port that the map names for it.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u32);
} ports SEC(".maps");

SEC("xdp")
int xconnect(struct xdp_md* ctx) {
    // The lower bits of the flags are the answer for a port without a partner.
    return bpf_redirect_map(&ports, ctx->ingress_ifindex, XDP_PASS);
}
