// A value of each socket, known by its cookie.
//! covers: helper sk_storage_get
//! covers: helper sk_storage_delete
//! covers: map type sk_storage
//! since: 5.13
#include "case.h"

#include <bpf/bpf_tracing.h>

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u64);
} values SEC(".maps");

struct sock;
struct socket {
    struct sock* sk;
} __attribute__((preserve_access_index));

//! test: made, found, deleted, gone
//! run: --obj args.sock.sk.__sk_common.skc_cookie.counter=9
//! expect: seen = {1, 1, 0, -2, [4 ... 7] = 0}
SEC("lsm/socket_bind")
int BPF_PROG(life, struct socket* sock) {
    struct sock* sk = sock->sk;
    if (!sk) return 0;
    __u64* value = bpf_sk_storage_get(&values, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    SEE(0, value != 0);
    if (value) ++*value;
    value = bpf_sk_storage_get(&values, sk, 0, 0);
    if (value) SEE(1, *value);
    SEE_INT(2, bpf_sk_storage_delete(&values, sk));
    SEE_INT(3, bpf_sk_storage_delete(&values, sk));
    return 0;
}
