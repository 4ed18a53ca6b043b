// One event per CPU: a record goes to the one of the current CPU, or is refused.
//! covers: map type perf_event_array
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} events SEC(".maps");

//! test: records come out in their order, from the CPU's buffer
//! run: --prog two --cpu 0 --event __s64
//! expect: event events cpu0 1
//! expect: event events cpu0 2
//! expect: seen = {[0 ... 7] = 0}
SEC("raw_tp")
int two(void* ctx) {
    __s64 record = 1;
    SEE_INT(0, bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, sizeof(record)));
    record = 2;
    SEE_INT(1, bpf_perf_event_output(ctx, &events, 0, &record, sizeof(record)));
    return 0;
}

//! test: tracing programs have no packet to append: -EINVAL
//! run: --prog packet --cpu 0
//! expect: seen = {-22, [1 ... 7] = 0}
SEC("raw_tp")
int packet(void* ctx) {
    __s64 record = 1;
    __u64 flags = BPF_F_CURRENT_CPU | 1ULL << 32;
    SEE_INT(0, bpf_perf_event_output(ctx, &events, flags, &record, sizeof(record)));
    return 0;
}
