// A security hook: 0 allows, an errno refuses.
//! covers: program type lsm
#include "case.h"

//! test: the command of bpf(2) decides
//! run: --ctx args[0]=5
//! expect: returned -1
//! expect: seen = {5, [1 ... 7] = 0}
SEC("lsm/bpf")
int ask(__u64* args) {
    SEE(0, (int)args[0]);
    return (int)args[0] == 5 ? -1 : 0;
}
