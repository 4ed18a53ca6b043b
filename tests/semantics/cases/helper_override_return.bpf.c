// The probed function is left at once with a result of the program's.
//! covers: helper override_return
#include "case.h"

//! test: the result is noted
//! run: --prog replace --unverified
//! expect: override_return -12 (ENOMEM)
//! expect: seen = {[0 ... 7] = 0}
//! differs on kernel: it is built without error injection
//! differs on vm:6.1: it is built without error injection
//! differs on vm:6.12: it is built without error injection
SEC("kprobe/bpf_fentry_test1")
int replace(void* ctx) {
    SEE_INT(0, bpf_override_return(ctx, -12));
    return 0;
}
