// A function of a struct that the kernel calls, such as a congestion control.
//! covers: program type struct_ops
#include "case.h"

//! test: arguments are words
//! run: --ctx args[1]=3
//! expect: returned 0
//! expect: seen = {3, [1 ... 7] = 0}
SEC("struct_ops/ssthresh")
int ssthresh(__u64* args) {
    SEE(0, args[1]);
    return 0;
}
