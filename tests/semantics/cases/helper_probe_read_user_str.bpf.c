// A string of user space, with its zero; an address without memory is -EFAULT.
//! covers: helper probe_read_user_str
//! since: 5.5
#include "case.h"

char source[8] = "user";
char target[8];

//! test: an address without memory is -EFAULT and leaves zeros
//! run: --prog fault
//! expect: target = ""
//! expect: seen = {-14, [1 ... 7] = 0}
SEC("raw_tp")
int fault(void* ctx) {
    target[0] = 'x';
    SEE_INT(0, bpf_probe_read_user_str(target, sizeof(target), (void*)8));
    return 0;
}

//! test: in user space all memory is the user's
//! run: --prog own
//! expect: target = "user"
//! expect: seen = {5, [1 ... 7] = 0}
//! differs on kernel: a map is kernel memory there, which is -EFAULT
//! differs on vm:6.1: a map is kernel memory there, which is -EFAULT
//! differs on vm:6.12: a map is kernel memory there, which is -EFAULT
SEC("raw_tp")
int own(void* ctx) {
    SEE_INT(0, bpf_probe_read_user_str(target, sizeof(target), source));
    return 0;
}
