// What the hook of a cgroup will return.
//! covers: helper set_retval
//! covers: helper get_retval
//! since: 5.18
#include "case.h"

//! test: what was, and what is set
//! run: --world retval=-5
//! expect: retval -13
//! expect: seen = {-5, 0, -13, [3 ... 7] = 0}
SEC("cgroup/sock_create")
int change(struct bpf_sock* ctx) {
    SEE_INT(0, bpf_get_retval());
    SEE_INT(1, bpf_set_retval(-13));
    SEE_INT(2, bpf_get_retval());
    return 1;
}
