#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} limits SEC(".maps");

//! test: a packet over the limit is dropped
//! run: --packet hex:000102030405060708090a0b0c0d0e0f --set limits 0 15
//! expect: returned XDP_DROP
//! covers: map type array

//! test: one at the limit passes
//! run: --packet hex:000102030405060708090a0b0c0d0e --set limits 0 15
//! expect: returned XDP_PASS
//! covers: map type array

//! test: this one is wrong
//! expect: returned XDP_TX
SEC("xdp")
int limit(struct xdp_md *ctx) {
    __u32 key = 0;
    __u64 *most = bpf_map_lookup_elem(&limits, &key);
    if (!most) return XDP_ABORTED;
    return ctx->data_end - ctx->data > *most ? XDP_DROP : XDP_PASS;
}
