// Any address may be tried: what cannot be read is an error, and zeros.
//! covers: helper probe_read
#include "case.h"

__u32 source = 0x12345678;

//! test: bytes are copied from the address
//! run: --prog copy
//! expect: seen = {0, 305419896, [2 ... 7] = 0}
SEC("raw_tp")
int copy(void* ctx) {
    __u32 target = 0;
    SEE_INT(0, bpf_probe_read(&target, sizeof(target), &source));
    SEE(1, target);
    return 0;
}

//! test: the null pointer is -EFAULT and leaves zeros
//! run: --prog fault
//! expect: seen = {-14, [1 ... 7] = 0}
SEC("raw_tp")
int fault(void* ctx) {
    __u32 target = 5;
    SEE_INT(0, bpf_probe_read(&target, sizeof(target), 0));
    SEE(1, target);
    return 0;
}

//! test: nothing is copied from any address
//! run: --prog nothing
//! expect: seen = {0, 5, [2 ... 7] = 0}
SEC("raw_tp")
int nothing(void* ctx) {
    __u32 target = 5;
    SEE_INT(0, bpf_probe_read(&target, 0, 0));
    SEE(1, target);
    return 0;
}
