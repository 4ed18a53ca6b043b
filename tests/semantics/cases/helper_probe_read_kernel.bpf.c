// Kernel memory at any address: -EFAULT where there is none, -ERANGE where it could never be.
//! covers: helper probe_read_kernel
//! since: 5.5
#include "case.h"

__u64 source = 0x1122334455667788;

//! test: a part of the value is copied
//! run: --prog copy
//! expect: seen = {0, 287454020, [2 ... 7] = 0}
SEC("raw_tp")
int copy(void* ctx) {
    __u32 upper = 0;
    SEE_INT(0, bpf_probe_read_kernel(&upper, sizeof(upper), (void*)&source + 4));
    SEE(1, upper);
    return 0;
}

//! test: an address of user space is not even tried
//! run: --prog user
//! expect: seen = {-34, [1 ... 7] = 0}
SEC("raw_tp")
int user(void* ctx) {
    __u32 target = 5;
    SEE_INT(0, bpf_probe_read_kernel(&target, sizeof(target), (void*)8));
    SEE(1, target);
    return 0;
}

//! test: of no bytes, the address counts all the same
//! run: --prog nothing
//! expect: seen = {-34, [1 ... 7] = 0}
SEC("raw_tp")
int nothing(void* ctx) {
    char target = 0;
    SEE_INT(0, bpf_probe_read_kernel(&target, 0, (void*)8));
    SEE_INT(1, bpf_probe_read_kernel(&target, 0, &source));
    return 0;
}

//! test: an unmapped kernel address is -EFAULT and leaves zeros
//! run: --prog unmapped
//! expect: seen = {-14, [1 ... 7] = 0}
SEC("raw_tp")
int unmapped(void* ctx) {
    __u32 target = 5;
    SEE_INT(0, bpf_probe_read_kernel(&target, sizeof(target), (void*)-4096UL));
    SEE(1, target);
    return 0;
}
