// A task of a cgroup asks for or sets an option of a socket: 1 allows it.
//! covers: program type cgroup_sockopt
#include "case.h"

//! test: an option is answered with another result
//! run: --prog ask --ctx level=1 --ctx optname=7 --ctx retval=0xffffffea
//! expect: returned 1
//! expect: retval 4294967274 -> 0
//! expect: seen = {7, [1 ... 7] = 0}
SEC("cgroup/getsockopt")
int ask(struct bpf_sockopt* ctx) {
    SEE(0, ctx->optname);
    ctx->retval = 0;
    return 1;
}

//! test: an option is refused
//! run: --prog set --ctx level=1 --ctx optname=7
//! expect: returned 0
SEC("cgroup/setsockopt")
int set(struct bpf_sockopt* ctx) { return ctx->optname != 7; }
