// A socket of a cgroup is made or bound: 1 allows it.
//! covers: program type cgroup_sock
#include "case.h"

//! test: a new socket is marked, those of one protocol are refused
//! run: --prog create --ctx protocol=17
//! expect: returned 1
//! expect: mark 0 -> 7

//! test: the refused protocol
//! run: --prog create --ctx protocol=1
//! expect: returned 0
SEC("cgroup/sock_create")
int create(struct bpf_sock* sk) {
    if (sk->protocol == 1) return 0;
    sk->mark = 7;
    return 1;
}

//! test: the port that a socket was bound to
//! run: --prog bound --ctx src_port=8080
//! expect: returned 1
//! expect: seen = {8080, [1 ... 7] = 0}
SEC("cgroup/post_bind4")
int bound(struct bpf_sock* sk) {
    SEE(0, sk->src_port);
    return 1;
}
