// A line in the trace, of up to twelve arguments in an array, which bpf_printk makes.
//! covers: helper trace_vprintk
//! since: 5.16
#include "case.h"

//! test: more than three arguments are in the line
//! run: --prog line
//! expect: trace 1 2 3 4, many
//! expect: seen = {13, [1 ... 7] = 0}
SEC("xdp")
int line(struct xdp_md* ctx) {
    static const char word[] = "many";
    SEE_INT(0, bpf_printk("%d %d %d %d, %s", 1, 2, 3, 4, word));
    return XDP_PASS;
}

//! test: arguments are words of eight bytes, other sizes are -EINVAL
//! run: --prog odd
//! expect: seen = {-22, [1 ... 7] = 0}
SEC("xdp")
int odd(struct xdp_md* ctx) {
    static const char format[] = "%d";
    __u64 arguments[] = {1, 2};
    SEE_INT(0, bpf_trace_vprintk(format, sizeof(format), arguments, 12));
    return XDP_PASS;
}
