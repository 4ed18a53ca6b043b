// Counters of performance events.
//! covers: helper perf_event_read
//! covers: helper perf_event_read_value
//! since: 4.15
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(max_entries, 2);
    __type(key, int);
    __type(value, int);
} counters SEC(".maps");

//! test: the world's counter
//! run: --prog count --cpus 2 --world perf_counter=7 --world perf_enabled=20 --world perf_running=10
//! expect: seen = {7, 0, 7, 20, 10, 0, 0, 0}
SEC("raw_tp")
int count(void* ctx) {
    struct bpf_perf_event_value value = {1, 1, 1};
    SEE(0, bpf_perf_event_read(&counters, BPF_F_CURRENT_CPU));
    SEE_INT(1, bpf_perf_event_read_value(&counters, 0, &value, sizeof(value)));
    SEE(2, value.counter);
    SEE(3, value.enabled);
    SEE(4, value.running);
    return 0;
}

//! test: no such slot, flags, and a buffer of the wrong size
//! run: --prog wrong
//! expect: seen = {-7, -22, -22, [3 ... 7] = 0}
SEC("raw_tp")
int wrong(void* ctx) {
    __u64 value = 1;
    SEE_INT(0, bpf_perf_event_read(&counters, 1000));
    SEE_INT(1, bpf_perf_event_read(&counters, 1ULL << 32));
    SEE_INT(2, bpf_perf_event_read_value(&counters, 0, (void*)&value, sizeof(value)));
    SEE(3, value);
    return 0;
}
