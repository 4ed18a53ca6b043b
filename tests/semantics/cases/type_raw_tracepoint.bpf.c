// A tracepoint without a record: the program gets the arguments of the tracepoint itself.
//! covers: program type raw_tracepoint
#include "case.h"

//! test: arguments are words of 64 bits, and the result has 32
//! run: --ctx args[0]=0x100000005 --ctx args[1]=59
//! expect: returned 64
//! expect: seen = {4294967301, 59, [2 ... 7] = 0}
SEC("raw_tracepoint/sys_enter")
int enter(struct bpf_raw_tracepoint_args* ctx) {
    SEE(0, ctx->args[0]);
    SEE(1, ctx->args[1]);
    return ctx->args[0] + ctx->args[1];
}
