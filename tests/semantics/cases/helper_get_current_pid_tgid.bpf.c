// Thread in the lower half, process in the upper half.
//! covers: helper get_current_pid_tgid
#include "case.h"

//! test: the process is in the upper half, the thread in the lower
//! run: --world pid=1234 --world tgid=1200
//! expect: seen = {1200, 1234, [2 ... 7] = 0}
SEC("raw_tp")
int task(void* ctx) {
    __u64 both = bpf_get_current_pid_tgid();
    SEE(0, both >> 32);
    SEE(1, (__u32)both);
    return 0;
}
