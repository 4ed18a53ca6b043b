// Text into memory; the result is the length it takes with its zero, also where it was cut.
//! covers: helper snprintf
//! since: 5.13
#include "case.h"

char text[16];

//! test: conversions of the kernel's printf
//! run: --prog address
//! expect: text = "192.0.2.1:53"
//! expect: seen = {13, [1 ... 7] = 0}
SEC("xdp")
int address(struct xdp_md* ctx) {
    static const __u8 host[] = {192, 0, 2, 1};
    SEE_INT(0, BPF_SNPRINTF(text, sizeof(text), "%pI4:%d", host, 53));
    return XDP_PASS;
}

//! test: a text that is too long is cut, its length is told in full
//! run: --prog cut
//! expect: text = "123"
//! expect: seen = {7, [1 ... 7] = 0}
SEC("xdp")
int cut(struct xdp_md* ctx) {
    SEE_INT(0, BPF_SNPRINTF(text, 4, "%d", 123456));
    return XDP_PASS;
}

//! test: without a buffer it only counts
//! run: --prog count
//! expect: seen = {8, [1 ... 7] = 0}
SEC("xdp")
int count(struct xdp_md* ctx) {
    __u64 arguments[] = {0xbeef};
    SEE_INT(0, bpf_snprintf(0, 0, "%07x", arguments, sizeof(arguments)));
    return XDP_PASS;
}
