// A copy of memory as a record of the ring buffer.
//! covers: helper ringbuf_output
//! since: 5.8
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

char block[4096];

//! test: records come out in their order
//! run: --prog two --event __s64
//! expect: event ring 1
//! expect: event ring 2
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int two(struct xdp_md* ctx) {
    __s64 first = 1, second = 2;
    SEE_INT(0, bpf_ringbuf_output(&ring, &first, sizeof(first), 0));
    SEE_INT(1, bpf_ringbuf_output(&ring, &second, sizeof(second), 0));
    return XDP_PASS;
}

//! test: a record that does not fit is -EAGAIN, flags that contradict each other are -EINVAL
//! run: --prog errors
//! expect: seen = {-11, -22, [2 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    SEE_INT(0, bpf_ringbuf_output(&ring, block, sizeof(block), 0));
    SEE_INT(1, bpf_ringbuf_output(&ring, block, 4, 1 << 5));
    return XDP_PASS;
}
