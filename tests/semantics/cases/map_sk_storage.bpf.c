// Values of sockets may hold a lock, which new values have free whatever they begin with.
//! covers: map type sk_storage
//! covers: helper sk_storage_get
//! since: 5.2
#include "case.h"

struct account {
    struct bpf_spin_lock lock;
    __u32 visits;
    __u64 balance;
};

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct account);
} accounts SEC(".maps");

static struct account* account_of(struct __sk_buff* skb, struct account* first, __u64 flags) {
    struct bpf_sock* sk = skb->sk;
    if (!sk) return 0;
    sk = bpf_sk_fullsock(sk);
    return sk ? bpf_sk_storage_get(&accounts, sk, first, flags) : 0;
}

//! test: the lock of a new value is free, the rest is as it was given
//! run: --prog visit
//! expect: seen = {1, 1, 105, 0, 0, -2, 0, 0}
SEC("tc")
int visit(struct __sk_buff* skb) {
    struct account first = {.balance = 100};
    struct account* account = account_of(skb, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
    SEE(0, account != 0);
    if (!account) return TC_ACT_SHOT;
    bpf_spin_lock(&account->lock);
    ++account->visits;
    account->balance += 5;
    bpf_spin_unlock(&account->lock);
    account = account_of(skb, 0, 0);
    if (!account) return TC_ACT_SHOT;
    SEE(1, account->visits);
    SEE(2, account->balance);
    struct bpf_sock* sk = skb->sk;
    if (!sk) return TC_ACT_SHOT;
    sk = bpf_sk_fullsock(sk);
    if (!sk) return TC_ACT_SHOT;
    SEE_INT(3, bpf_sk_storage_delete(&accounts, sk));
    SEE(4, bpf_sk_storage_get(&accounts, sk, 0, 0) != 0);
    SEE_INT(5, bpf_sk_storage_delete(&accounts, sk));
    return TC_ACT_OK;
}
