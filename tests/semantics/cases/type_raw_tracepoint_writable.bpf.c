// A tracepoint with a buffer that the program may write.
//! covers: program type raw_tracepoint_writable
#include "case.h"

//! test: arguments are read as in other raw tracepoints
//! run: --ctx args[1]=59
//! expect: returned 0
//! expect: seen = {59, [1 ... 7] = 0}
SEC("raw_tracepoint.w/bpf_test_finish")
int finish(struct bpf_raw_tracepoint_args* ctx) {
    SEE(0, ctx->args[1]);
    return 0;
}
