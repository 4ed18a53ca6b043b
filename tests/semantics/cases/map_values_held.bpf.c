// A value that a program holds when it is deleted: readable until the program ends.
//! covers: map type hash
//! covers: map type lru_hash
//! covers: map type percpu_hash
//! covers: map type lpm_trie
//! since: 5.2
#include "case.h"

#define MAP(name, kind, key_type, flags)   \
    struct {                               \
        __uint(type, BPF_MAP_TYPE_##kind); \
        __uint(max_entries, 8);            \
        __uint(map_flags, flags);          \
        __type(key, key_type);             \
        __type(value, __u64);              \
    } name SEC(".maps")

MAP(by_hash, HASH, __u64, 0);
MAP(grown, HASH, __u64, BPF_F_NO_PREALLOC);
MAP(recent, LRU_HASH, __u64, 0);
MAP(per_cpu, PERCPU_HASH, __u64, 0);
MAP(prefixes, LPM_TRIE, __u64, BPF_F_NO_PREALLOC);

static __always_inline __s64 held(void* map, __u64 key) {
    __u64 first = 7;
    bpf_map_update_elem(map, &key, &first, BPF_ANY);
    volatile __u64* value = bpf_map_lookup_elem(map, &key);
    if (!value) return -1;
    if (bpf_map_delete_elem(map, &key) != 0) return -2;
    if (bpf_map_lookup_elem(map, &key)) return -3;
    return *value;
}

//! test: what was deleted is gone for lookups, and has its bytes for who holds it
//! run: --prog delete_held
//! expect: seen = {[0 ... 4] = 7, 0, 0, 0}
SEC("tc")
int delete_held(struct __sk_buff* skb __attribute__((unused))) {
    SEE(0, held(&by_hash, 1));
    SEE(1, held(&grown, 1));
    SEE(2, held(&recent, 1));
    SEE(3, held(&per_cpu, 1));
    SEE(4, held(&prefixes, 8));
    return TC_ACT_OK;
}

//! test: what was replaced has its old bytes, or those of the value that took its place
//! run: --prog replace_held
//! expect: seen = {1, 1, [2 ... 7] = 0}
SEC("tc")
int replace_held(struct __sk_buff* skb __attribute__((unused))) {
    __u64 key = 8, first = 7, second = 9;
    bpf_map_update_elem(&by_hash, &key, &first, BPF_ANY);
    bpf_map_update_elem(&prefixes, &key, &first, BPF_ANY);
    volatile __u64* hashed = bpf_map_lookup_elem(&by_hash, &key);
    volatile __u64* matched = bpf_map_lookup_elem(&prefixes, &key);
    bpf_map_update_elem(&by_hash, &key, &second, BPF_ANY);
    bpf_map_update_elem(&prefixes, &key, &second, BPF_ANY);
    SEE(0, hashed && (*hashed == first || *hashed == second));
    SEE(1, matched && *matched == first);
    return TC_ACT_OK;
}
