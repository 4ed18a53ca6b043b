// Flags of an update say whether the key may or has to be there already.
//! covers: helper map_update_elem
//! covers: map type hash
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

//! test: BPF_NOEXIST refuses a key that is there, BPF_EXIST one that is not
//! expect: returned XDP_PASS
//! expect: counts (hash, 1 of 2 entries)
//! expect: 7 -> 3
//! expect: seen = {0, -17, -2, 0, -22, 0, 0, 0}
SEC("xdp")
int update(struct xdp_md* ctx) {
    __u32 key = 7, other = 8;
    __u64 value = 1;
    SEE_INT(0, bpf_map_update_elem(&counts, &key, &value, BPF_NOEXIST));
    value = 2;
    SEE_INT(1, bpf_map_update_elem(&counts, &key, &value, BPF_NOEXIST));
    SEE_INT(2, bpf_map_update_elem(&counts, &other, &value, BPF_EXIST));
    value = 3;
    SEE_INT(3, bpf_map_update_elem(&counts, &key, &value, BPF_ANY));
    SEE_INT(4, bpf_map_update_elem(&counts, &key, &value, 99));
    return XDP_PASS;
}
