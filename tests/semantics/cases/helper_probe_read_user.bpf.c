// User memory is not kernel memory: a program's own maps cannot be read by it.
//! covers: helper probe_read_user
//! since: 5.5
#include "case.h"

__u32 source = 77;

//! test: an address without memory is -EFAULT and leaves zeros
//! run: --prog fault
//! expect: seen = {-14, [1 ... 7] = 0}
SEC("raw_tp")
int fault(void* ctx) {
    __u32 target = 5;
    SEE_INT(0, bpf_probe_read_user(&target, sizeof(target), (void*)8));
    SEE(1, target);
    return 0;
}

//! test: in user space all memory is the user's
//! run: --prog own
//! expect: seen = {0, 77, [2 ... 7] = 0}
//! differs on kernel: a map is kernel memory there, which is -EFAULT
//! differs on vm:6.1: a map is kernel memory there, which is -EFAULT
//! differs on vm:6.12: a map is kernel memory there, which is -EFAULT
SEC("raw_tp")
int own(void* ctx) {
    __u32 target = 5;
    SEE_INT(0, bpf_probe_read_user(&target, sizeof(target), &source));
    SEE(1, target);
    return 0;
}
