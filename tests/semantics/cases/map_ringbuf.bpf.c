// One buffer for all CPUs, in order of reservation; max_entries is its size in bytes.
//! covers: map type ringbuf
//! since: 5.17
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

//! test: records come out as they were reserved, not as they were submitted
//! run: --prog order --event __s64
//! expect: event ring 1
//! expect: event ring 2
SEC("xdp")
int order(struct xdp_md* ctx) {
    __s64* first = bpf_ringbuf_reserve(&ring, sizeof(*first), 0);
    if (!first) return XDP_DROP;
    __s64* second = bpf_ringbuf_reserve(&ring, sizeof(*second), 0);
    if (second) {
        *second = 2;
        bpf_ringbuf_submit(second, 0);
    }
    *first = 1;
    bpf_ringbuf_submit(first, 0);
    return XDP_PASS;
}

static long fill(__u32 index, __s64* fitting) {
    if (bpf_ringbuf_output(&ring, seen, sizeof(seen), 0)) return 1;
    ++*fitting;
    return 0;
}

//! test: records of 64 bytes take 72, so that 56 of them fit
//! run: --prog full
//! expect: seen = {57, 56, [2 ... 7] = 0}
SEC("xdp")
int full(struct xdp_md* ctx) {
    __s64 fitting = 0;
    SEE_INT(0, bpf_loop(100, fill, &fitting, 0));
    SEE(1, fitting);
    return XDP_PASS;
}
