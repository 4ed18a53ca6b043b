// Events of TCP sockets; the reply answers some of them.
//! covers: program type sock_ops
#include "case.h"

//! test: an event and its argument are read, a reply is given
//! run: --ctx op=2 --ctx family=2 --ctx local_port=443
//! expect: returned 1
//! expect: reply 0 -> 20
//! expect: seen = {2, 443, [2 ... 7] = 0}
SEC("sockops")
int event(struct bpf_sock_ops* ops) {
    SEE(0, ops->family);
    SEE(1, ops->local_port);
    if (ops->op == BPF_SOCK_OPS_RWND_INIT) ops->reply = 20;
    return 1;
}
