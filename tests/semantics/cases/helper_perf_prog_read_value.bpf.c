// The counter of the event that the program belongs to, and the branches that led there.
//! covers: helper perf_prog_read_value
//! covers: helper read_branch_records
//! covers: helper get_branch_snapshot
//! since: 5.16
#include "case.h"

//! test: the world's counter, and a processor that keeps no branches
//! run: --prog count --world perf_counter=7
//! expect: seen = {0, 7, -22, -2, -22, -2, 0, 0}
SEC("perf_event")
int count(void* ctx) {
    struct bpf_perf_event_value value = {};
    char branches[24];
    SEE_INT(0, bpf_perf_prog_read_value(ctx, &value, sizeof(value)));
    SEE(1, value.counter);
    SEE_INT(2, bpf_perf_prog_read_value(ctx, &value, 8));
    SEE_INT(3, bpf_read_branch_records(ctx, branches, sizeof(branches), 0));
    SEE_INT(4, bpf_read_branch_records(ctx, branches, sizeof(branches), 2));
    SEE_INT(5, bpf_get_branch_snapshot(branches, sizeof(branches), 0));
    return 0;
}
