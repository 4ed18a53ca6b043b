// A hash that is never full: a new key takes the place of one not used lately.
//! covers: map type lru_hash
//! since: 5.17
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} recent SEC(".maps");

//! test: it works as a hash does
//! run: --prog basic
//! expect: recent (lru_hash, 1 of 16 entries)
//! expect: 7 -> 5
//! expect: seen = {0, -17, 0, -2, [4 ... 7] = 0}
SEC("xdp")
int basic(struct xdp_md* ctx) {
    __u32 key = 7, other = 8;
    __u64 value = 5;
    SEE_INT(0, bpf_map_update_elem(&recent, &key, &value, BPF_NOEXIST));
    SEE_INT(1, bpf_map_update_elem(&recent, &key, &value, BPF_NOEXIST));
    SEE_INT(2, bpf_map_update_elem(&recent, &other, &value, BPF_ANY));
    bpf_map_delete_elem(&recent, &other);
    SEE_INT(3, bpf_map_delete_elem(&recent, &other));
    return XDP_PASS;
}

static long put(__u32 index, __u64* failed) {
    __u64 value = index;
    *failed += bpf_map_update_elem(&recent, &index, &value, BPF_ANY) != 0;
    return 0;
}

static long take(void* map, __u32* key, __u64* value, void* context) {
    bpf_map_delete_elem(map, key);
    return 0;
}

//! test: every one of a hundred keys finds room, the last one stays, others do not
//! run: --prog evict
//! expect: returned XDP_PASS
//! expect: recent (lru_hash, empty)
SEC("xdp")
int evict(struct xdp_md* ctx) {
    __u64 failed = 0;
    __u32 last = 99;
    bpf_loop(100, put, &failed, 0);
    if (failed || !bpf_map_lookup_elem(&recent, &last)) return XDP_DROP;
    return bpf_for_each_map_elem(&recent, take, 0, 0) <= 16 ? XDP_PASS : XDP_DROP;
}
