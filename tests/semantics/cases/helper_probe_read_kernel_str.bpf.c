// A string of the kernel, with its zero; an address of user space is -ERANGE.
//! covers: helper probe_read_kernel_str
//! since: 5.5
#include "case.h"

char source[16] = "semantics";
char target[16];

//! test: the length includes the zero
//! run: --prog whole
//! expect: target = "semantics"
//! expect: seen = {10, [1 ... 7] = 0}
SEC("raw_tp")
int whole(void* ctx) {
    SEE_INT(0, bpf_probe_read_kernel_str(target, sizeof(target), source));
    return 0;
}

//! test: a string that is too long is cut and ends with a zero
//! run: --prog cut
//! expect: target = "sem"
//! expect: seen = {4, [1 ... 7] = 0}
SEC("raw_tp")
int cut(void* ctx) {
    SEE_INT(0, bpf_probe_read_kernel_str(target, 4, source));
    return 0;
}

//! test: an address of user space is -ERANGE and leaves zeros
//! run: --prog user
//! expect: target = ""
//! expect: seen = {-34, [1 ... 7] = 0}
SEC("raw_tp")
int user(void* ctx) {
    target[0] = 'x';
    SEE_INT(0, bpf_probe_read_kernel_str(target, sizeof(target), (void*)8));
    return 0;
}
