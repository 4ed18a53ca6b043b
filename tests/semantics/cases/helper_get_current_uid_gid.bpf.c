// User in the lower half, group in the upper half.
//! covers: helper get_current_uid_gid
#include "case.h"

//! test: the group is in the upper half, the user in the lower
//! run: --world uid=1000 --world gid=100
//! expect: seen = {100, 1000, [2 ... 7] = 0}
SEC("raw_tp")
int task(void* ctx) {
    __u64 both = bpf_get_current_uid_gid();
    SEE(0, both >> 32);
    SEE(1, (__u32)both);
    return 0;
}
