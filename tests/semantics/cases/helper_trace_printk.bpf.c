// A line in the trace, of at most three arguments; the result is its length.
//! covers: helper trace_printk
#include "case.h"

//! test: the line is in the trace
//! run: --prog line
//! expect: trace port 53, mask 0xff00, -1
//! expect: seen = {24, [1 ... 7] = 0}
SEC("xdp")
int line(struct xdp_md* ctx) {
    char format[] = "port %d, mask 0x%x, %lld";
    SEE_INT(0, bpf_trace_printk(format, sizeof(format), 53, 0xff00, -1LL));
    return XDP_PASS;
}

//! test: a line break is a part of the text
//! run: --prog line_break
//! expect: trace two
//! expect: lines
//! expect: seen = {9, [1 ... 7] = 0}
SEC("xdp")
int line_break(struct xdp_md* ctx) {
    char format[] = "two\nlines";
    SEE_INT(0, bpf_trace_printk(format, sizeof(format)));
    return XDP_PASS;
}

//! test: a conversion that does not exist is -EINVAL, and no line
//! run: --prog unknown
//! expect: seen = {-22, [1 ... 7] = 0}
SEC("xdp")
int unknown(struct xdp_md* ctx) {
    char format[] = "%q";
    SEE_INT(0, bpf_trace_printk(format, sizeof(format), 1));
    return XDP_PASS;
}

//! test: a format without its zero is -EINVAL
//! run: --prog open_end
//! expect: seen = {-22, [1 ... 7] = 0}
SEC("xdp")
int open_end(struct xdp_md* ctx) {
    char format[] = "twin";
    SEE_INT(0, bpf_trace_printk(format, sizeof(format) - 1));
    return XDP_PASS;
}
