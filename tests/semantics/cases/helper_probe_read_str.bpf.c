// A string is copied with its zero; the result is the length with it.
//! covers: helper probe_read_str
#include "case.h"

char source[8] = "twin";
char target[8];

//! test: the length includes the zero
//! run: --prog whole
//! expect: target = "twin"
//! expect: seen = {5, [1 ... 7] = 0}
SEC("raw_tp")
int whole(void* ctx) {
    SEE_INT(0, bpf_probe_read_str(target, sizeof(target), source));
    return 0;
}

//! test: a string that is too long is cut and ends with a zero
//! run: --prog cut
//! expect: target = "tw"
//! expect: seen = {3, [1 ... 7] = 0}
SEC("raw_tp")
int cut(void* ctx) {
    SEE_INT(0, bpf_probe_read_str(target, 3, source));
    return 0;
}

//! test: the null pointer is -EFAULT
//! run: --prog fault
//! expect: seen = {-14, [1 ... 7] = 0}
SEC("raw_tp")
int fault(void* ctx) {
    SEE_INT(0, bpf_probe_read_str(target, sizeof(target), 0));
    return 0;
}
