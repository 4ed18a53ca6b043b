// A function of the kernel by its BTF: arguments have types, and pointers can be followed.
//! covers: program type tracing
#include "case.h"

//! test: arguments of the function that is entered
//! run: --prog enter --ctx args[0]=5
//! expect: returned 0
//! expect: seen = {5, [1 ... 7] = 0}
SEC("fentry/bpf_fentry_test1")
int enter(__u64* args) {
    SEE(0, (int)args[0]);
    return 0;
}

//! test: the result stands behind the arguments when it is left
//! run: --prog leave --ctx args[0]=5 --ctx args[1]=6
//! expect: returned 0
//! expect: seen = {5, 6, [2 ... 7] = 0}
SEC("fexit/bpf_fentry_test1")
int leave(__u64* args) {
    SEE(0, (int)args[0]);
    SEE(1, (int)args[1]);
    return 0;
}
