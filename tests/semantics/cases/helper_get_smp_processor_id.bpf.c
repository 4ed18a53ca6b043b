// The CPU that the program runs on.
//! covers: helper get_smp_processor_id
#include "case.h"

//! test: it is the CPU that was asked for
//! run: --cpu 0
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("xdp")
int cpu(struct xdp_md* ctx) {
    SEE(0, bpf_get_smp_processor_id());
    SEE(1, bpf_get_smp_processor_id() == seen[0]);
    return XDP_PASS;
}
