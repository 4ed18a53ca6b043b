// The name of the running program, cut to the buffer and always ended by a zero.
//! covers: helper get_current_comm
#include "case.h"

char name[16];

//! test: the name fills up with zeros
//! run: --prog whole --world comm=bash
//! expect: name = "bash"
//! expect: seen = {[0 ... 7] = 0}
SEC("raw_tp")
int whole(void* ctx) {
    SEE_INT(0, bpf_get_current_comm(name, sizeof(name)));
    return 0;
}

//! test: a small buffer has the beginning and a zero
//! run: --prog cut --world comm=bash
//! expect: name = "bas"
//! expect: seen = {[0 ... 7] = 0}
SEC("raw_tp")
int cut(void* ctx) {
    SEE_INT(0, bpf_get_current_comm(name, 4));
    return 0;
}
