// A sample of a perf event: registers, period and address.
//! covers: program type perf_event
#include <linux/bpf_perf_event.h>
#include "case.h"

//! test: what the sample says
//! run: --ctx sample_period=1000 --ctx addr=0xffff
//! expect: returned 0
//! expect: seen = {1000, 65535, [2 ... 7] = 0}
SEC("perf_event")
int sample(struct bpf_perf_event_data* ctx) {
    SEE(0, ctx->sample_period);
    SEE(1, ctx->addr);
    return 0;
}
