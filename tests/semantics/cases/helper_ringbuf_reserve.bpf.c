// A record that is written in place, and then submitted or discarded.
//! covers: helper ringbuf_reserve
//! covers: helper ringbuf_submit
//! covers: helper ringbuf_discard
//! since: 5.8
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

//! test: a submitted record is seen, a discarded one is not
//! run: --prog both --event __s64
//! expect: event ring 2
//! expect: seen = {1, [1 ... 7] = 0}
SEC("xdp")
int both(struct xdp_md* ctx) {
    __s64* discarded = bpf_ringbuf_reserve(&ring, sizeof(*discarded), 0);
    if (!discarded) return XDP_DROP;
    *discarded = 1;
    __s64* submitted = bpf_ringbuf_reserve(&ring, sizeof(*submitted), 0);
    if (submitted) {
        *submitted = 2;
        bpf_ringbuf_submit(submitted, 0);
        SEE(0, 1);
    }
    bpf_ringbuf_discard(discarded, 0);
    return XDP_PASS;
}

//! test: a record of no bytes is a record
//! run: --prog empty
//! expect: event ring, 0 bytes
SEC("xdp")
int empty(struct xdp_md* ctx) {
    void* record = bpf_ringbuf_reserve(&ring, 0, 0);
    if (record) bpf_ringbuf_submit(record, 0);
    return XDP_PASS;
}

//! test: no room and unknown flags give no record
//! run: --prog none
//! expect: returned XDP_PASS
SEC("xdp")
int none(struct xdp_md* ctx) {
    void* large = bpf_ringbuf_reserve(&ring, 4096, 0);
    if (large) {
        bpf_ringbuf_discard(large, 0);
        return XDP_DROP;
    }
    void* flagged = bpf_ringbuf_reserve(&ring, 8, 1);
    if (!flagged) return XDP_PASS;
    bpf_ringbuf_discard(flagged, 0);
    return XDP_DROP;
}
