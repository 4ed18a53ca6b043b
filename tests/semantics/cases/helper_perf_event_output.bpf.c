// A record into the buffer of a CPU, with a part of the packet behind it.
//! covers: helper perf_event_output
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} events SEC(".maps");

struct event {
    __u32 number;
    __u32 length;
} event = {.number = 7};

//! test: a record for the current CPU
//! run: --prog record --packet hex:02000000000202000000000188b501020304 --event 'struct event'
//! expect: event events cpu0 {.number = 7, .length = 18}
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int record(struct xdp_md* ctx) {
    event.length = ctx->data_end - ctx->data;
    SEE_INT(0, bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event)));
    return XDP_PASS;
}

//! test: the upper half of the flags is how much of the packet follows
//! run: --prog packet --packet hex:02000000000202000000000188b501020304 --event 'struct event'
//! expect: event events cpu0 {.number = 7, .length = 4} <4 bytes more>
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int packet(struct xdp_md* ctx) {
    event.length = 4;
    __u64 flags = BPF_F_CURRENT_CPU | 4ULL << 32;
    SEE_INT(0, bpf_perf_event_output(ctx, &events, flags, &event, sizeof(event)));
    return XDP_PASS;
}

//! test: more of the packet than there is is -EFAULT, a CPU past the map -E2BIG
//! run: --prog errors --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-14, -7, [2 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    __u32 word = 0;
    __u64 more = BPF_F_CURRENT_CPU | 19ULL << 32;
    SEE_INT(0, bpf_perf_event_output(ctx, &events, more, &word, sizeof(word)));
    SEE_INT(1, bpf_perf_event_output(ctx, &events, 1 << 20, &word, sizeof(word)));
    return XDP_PASS;
}
