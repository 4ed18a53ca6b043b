// The programs of the phase `maps`: each does one thing with a map ROUNDS times, with keys that
// follow no order, and returns how often it succeeded. `mask` picks keys out of those that there
// are.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define ROUNDS 2048
#define MAP(name, kind, key_type, flags)   \
    struct {                               \
        __uint(type, BPF_MAP_TYPE_##kind); \
        __uint(max_entries, 1);            \
        __uint(map_flags, flags);          \
        __type(key, key_type);             \
        __type(value, u64);                \
    } name SEC(".maps")

struct prefix {
    u32 length;
    u32 address;
};

MAP(array, ARRAY, u32, 0);
MAP(percpu_array, PERCPU_ARRAY, u32, 0);
MAP(hash, HASH, u64, 0);
MAP(percpu_hash, PERCPU_HASH, u64, 0);
MAP(lru, LRU_HASH, u64, 0);
MAP(trie, LPM_TRIE, struct prefix, BPF_F_NO_PREALLOC);
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 24);
} ring SEC(".maps");

u32 mask SEC(".data.keys") = 0;

/// Runs what follows for each of ROUNDS random numbers of 32 bits, `number`.
#define EACH(number)                                                                     \
    u64 state = bpf_get_prandom_u32() | 1;                                               \
    u32 keys = mask, done = 0, number;                                                   \
    _Pragma("clang loop unroll(disable)") for (int i = 0;                                \
                                               i < ROUNDS &&                             \
                                               (state = state * 6364136223846793005ull + \
                                                        1442695040888963407ull,          \
                                                number = state >> 33, 1);                \
                                               ++i)

#define PROGRAM(name) SEC("xdp") int name(struct xdp_md* context __attribute__((unused)))

#define LOOKUP(map, key_type, more)                   \
    EACH(number) {                                    \
        key_type key = number & (keys more);          \
        u64* value = bpf_map_lookup_elem(&map, &key); \
        if (value) done += *value & 1;                \
    }                                                 \
    return done

#define UPDATE(map, key_type, more)                                    \
    EACH(number) {                                                     \
        key_type key = number & (keys more);                           \
        u64 value = 1;                                                 \
        done += bpf_map_update_elem(&map, &key, &value, BPF_ANY) == 0; \
    }                                                                  \
    return done

PROGRAM(array_lookup) { LOOKUP(array, u32, ); }
PROGRAM(array_update) { UPDATE(array, u32, ); }
PROGRAM(percpu_array_lookup) { LOOKUP(percpu_array, u32, ); }
PROGRAM(hash_lookup) { LOOKUP(hash, u64, ); }
PROGRAM(hash_update) { UPDATE(hash, u64, ); }
PROGRAM(percpu_hash_lookup) { LOOKUP(percpu_hash, u64, ); }
PROGRAM(percpu_hash_update) { UPDATE(percpu_hash, u64, ); }
PROGRAM(lru_lookup) { LOOKUP(lru, u64, ); }
PROGRAM(lru_update) { UPDATE(lru, u64, ); }

/// Of four times as many keys as there is room for: most are new and evict others.
PROGRAM(lru_evict) { UPDATE(lru, u64, *4 + 3); }

PROGRAM(hash_delete) {
    EACH(number) {
        u64 key = number & keys, value = 1;
        done += bpf_map_delete_elem(&hash, &key) == 0;
        bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
    }
    return done;
}

PROGRAM(trie_lookup) {
    EACH(number) {
        struct prefix key = {32, (number & keys) * 0x9e3779b1u};
        u64* value = bpf_map_lookup_elem(&trie, &key);
        if (value) done += *value & 1;
    }
    return done;
}

PROGRAM(trie_update) {
    EACH(number) {
        u32 index = number & keys;
        struct prefix key = {32 - index % 9, index * 0x9e3779b1u};
        u64 value = 1;
        done += bpf_map_update_elem(&trie, &key, &value, BPF_ANY) == 0;
    }
    return done;
}

PROGRAM(ring_submit) {
    EACH(number) {
        u64* record = bpf_ringbuf_reserve(&ring, 16, 0);
        if (!record) continue;
        record[0] = record[1] = number & keys;
        bpf_ringbuf_submit(record, 0);
        ++done;
    }
    return done;
}

char _license[] SEC("license") = "GPL";
