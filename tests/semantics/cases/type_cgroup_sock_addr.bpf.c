// A socket of a cgroup connects or sends: the address may be another afterwards.
//! covers: program type cgroup_sock_addr
#include "case.h"

//! test: a connection goes to this machine instead
//! run: --ctx user_ip4=0x020200c0 --ctx user_port=0x3500
//! expect: returned 1
//! expect: user_ip4 33685696 -> 16777343
//! expect: seen = {53, [1 ... 7] = 0}
SEC("cgroup/connect4")
int connect(struct bpf_sock_addr* addr) {
    SEE(0, bpf_ntohs(addr->user_port));
    addr->user_ip4 = bpf_htonl(0x7f000001);
    return 1;
}
