// A lock inside a value: others wait, and copies of the value leave it out.
//! covers: helper spin_lock
//! covers: helper spin_unlock
//! since: 5.1
#include "case.h"

struct account {
    struct bpf_spin_lock lock;
    __u32 transfers;
    __u64 balance;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct account);
} accounts SEC(".maps");

//! test: what changes under the lock is in the map, the lock is free at the end
//! run: --prog deposit --set accounts 0 '{.balance = 100}' --repeat 2
//! expect: returned TC_ACT_OK
//! expect: 0 -> {.lock = {.val = 0}, .transfers = 2, .balance = 110}
SEC("tc")
int deposit(struct __sk_buff* skb) {
    __u32 key = 0;
    struct account* account = bpf_map_lookup_elem(&accounts, &key);
    if (!account) return TC_ACT_SHOT;
    bpf_spin_lock(&account->lock);
    ++account->transfers;
    account->balance += 5;
    bpf_spin_unlock(&account->lock);
    return TC_ACT_OK;
}

//! test: BPF_F_LOCK updates the whole value under its lock
//! run: --prog replace
//! expect: 0 -> {.lock = {.val = 0}, .transfers = 1, .balance = 7}
//! expect: seen = {[0 ... 7] = 0}
SEC("tc")
int replace(struct __sk_buff* skb) {
    __u32 key = 0;
    struct account account = {.transfers = 1, .balance = 7};
    SEE_INT(0, bpf_map_update_elem(&accounts, &key, &account, BPF_F_LOCK));
    return TC_ACT_OK;
}
