// How full a ring buffer is, by its size and positions.
//! covers: helper ringbuf_query
//! since: 5.8
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

//! test: a record takes its size, rounded up to 8, and a header of 8 bytes
//! expect: seen = {4096, 16, 16, [3 ... 7] = 0}
SEC("xdp")
int query(struct xdp_md* ctx) {
    __u32 record = 1;
    bpf_ringbuf_output(&ring, &record, sizeof(record), BPF_RB_NO_WAKEUP);
    SEE(0, bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE));
    SEE(1, bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA));
    SEE(2, bpf_ringbuf_query(&ring, BPF_RB_PROD_POS));
    SEE(3, bpf_ringbuf_query(&ring, BPF_RB_CONS_POS));
    SEE(4, bpf_ringbuf_query(&ring, 99));
    return XDP_PASS;
}
