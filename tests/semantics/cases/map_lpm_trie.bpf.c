// The value of the longest prefix that a key begins with.
//! covers: map type lpm_trie
//! since: 4.11
#include "case.h"

struct prefix {
    __u32 length;
    __u8 address[4];
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 3);
    __type(key, struct prefix);
    __type(value, __u64);
} routes SEC(".maps");

static __s64 route(__u32 length, __u8 a, __u8 b, __u8 c, __u8 d) {
    struct prefix key = {length, {a, b, c, d}};
    __u64* value = bpf_map_lookup_elem(&routes, &key);
    return value ? (__s64)*value : -1;
}

static long add(__u32 length, __u8 a, __u8 b, __u64 value, __u64 flags) {
    struct prefix key = {length, {a, b}};
    return bpf_map_update_elem(&routes, &key, &value, flags);
}

//! test: of several prefixes the longest counts, and the key's own length limits it
//! run: --prog longest
//! expect: routes (lpm_trie, 3 of 3 entries)
//! expect: seen = {16, 8, 0, 0, -1, -1, 8, 0}
SEC("xdp")
int longest(struct xdp_md* ctx) {
    add(0, 0, 0, 0, BPF_ANY);
    add(8, 10, 0, 8, BPF_ANY);
    add(16, 10, 1, 16, BPF_ANY);
    SEE(0, route(32, 10, 1, 2, 3));
    SEE(1, route(32, 10, 2, 2, 3));
    SEE(2, route(32, 11, 2, 2, 3));
    SEE(3, route(7, 10, 1, 2, 3));
    SEE(4, route(33, 10, 1, 2, 3));
    SEE(5, route(~0U, 10, 1, 2, 3));
    SEE(6, route(15, 10, 1, 2, 3));
    return XDP_PASS;
}

//! test: a full map (-ENOSPC), flags as in other maps, a prefix that is too long (-EINVAL)
//! run: --prog full
//! expect: seen = {-2, 0, -17, -28, -22, -22, -2, -22}
SEC("xdp")
int full(struct xdp_md* ctx) {
    struct prefix absent = {3, {10}}, wrong = {33, {10}};
    SEE_INT(0, add(8, 10, 0, 1, BPF_EXIST));
    SEE_INT(1, add(8, 10, 0, 1, BPF_NOEXIST));
    SEE_INT(2, add(8, 10, 1, 1, BPF_NOEXIST));
    add(9, 10, 0, 1, BPF_ANY);
    add(10, 10, 0, 1, BPF_ANY);
    SEE_INT(3, add(11, 10, 0, 1, BPF_ANY));
    SEE_INT(4, add(33, 10, 0, 1, BPF_ANY));
    SEE_INT(5, add(8, 10, 0, 1, BPF_EXIST << 1));
    SEE_INT(6, bpf_map_delete_elem(&routes, &absent));
    SEE_INT(7, bpf_map_delete_elem(&routes, &wrong));
    return XDP_PASS;
}

//! test: a value that was looked up stays as it was while the program runs, though replaced or deleted
//! run: --prog lifetime
//! expect: seen = {1, 2, 1, -1, [4 ... 7] = 0}
SEC("xdp")
int lifetime(struct xdp_md* ctx) {
    struct prefix key = {8, {10}};
    add(8, 10, 0, 1, BPF_ANY);
    __u64* old = bpf_map_lookup_elem(&routes, &key);
    if (!old) return XDP_DROP;
    add(8, 10, 0, 2, BPF_ANY);
    SEE(0, *old);
    SEE(1, route(32, 10, 1, 1, 1));
    bpf_map_delete_elem(&routes, &key);
    add(8, 11, 0, 3, BPF_ANY);
    SEE(2, *old);
    SEE(3, route(32, 10, 1, 1, 1));
    return XDP_PASS;
}
