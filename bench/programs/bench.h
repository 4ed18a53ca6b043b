// What the programs of the suite are written against, as BPF and as native code: fixed-width types
// and map access. A program is one function of the input's bytes; natively a map is an object of
// bench/native_map.c, in BPF it is what libbpf's macros declare.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define NOINLINE static __attribute__((noinline))
/// Before a loop that the BPF compiler would unroll beyond what the 512-byte stack can hold.
#define ROLLED _Pragma("clang loop unroll(disable)")

#ifdef __bpf__

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifdef BENCH_VERIFIED
/// As the kernel takes it: an input of known size in a map, where plain loops are bounded.
#define PROGRAM(name)                                                     \
    u8 input[BENCH_VERIFIED] SEC(".data.input");                          \
    u64 result SEC(".data.result");                                       \
    static __always_inline u64 name##_of_bytes(const u8* data, u64 size); \
    SEC("xdp") int name(struct xdp_md* context) {                         \
        (void)context;                                                    \
        result = name##_of_bytes(input, sizeof input);                    \
        return XDP_PASS;                                                  \
    }                                                                     \
    static __always_inline u64 name##_of_bytes(const u8* data, u64 size)
#else
#define PROGRAM(name) SEC("syscall") u64 name(const u8* data, u64 size)
#endif
#define MAP(name, kind, key_type, value_type, entries) \
    struct {                                           \
        __uint(type, BPF_MAP_TYPE_##kind);             \
        __uint(max_entries, entries);                  \
        __type(key, key_type);                         \
        __type(value, value_type);                     \
    } name SEC(".maps")

#else

#include "bench/native_map.h"

#define PROGRAM(name) u64 name(const u8* data, u64 size)
#define MAP(name, kind, key_type, value_type, entries)                                             \
    static _Alignas(8)                                                                             \
        u8 name##_memory[NATIVE_##kind##_MEMORY(sizeof(key_type), sizeof(value_type), entries)];   \
    static struct native_map name = {NATIVE_##kind, sizeof(key_type), sizeof(value_type), entries, \
                                     name##_memory}
#define BPF_ANY 0
#define bpf_map_lookup_elem(map, key) native_map_lookup(map, key)
#define bpf_map_update_elem(map, key, value, flags) native_map_update(map, key, value)

#endif

static inline u16 load16(const u8* at) { return *(const u16*)at; }
static inline u32 load32(const u8* at) { return *(const u32*)at; }
static inline u64 load64(const u8* at) { return *(const u64*)at; }
static inline u16 swap16(u16 value) { return __builtin_bswap16(value); }
static inline u32 rotate32(u32 value, int by) { return value << by | value >> (32 - by); }
static inline u64 rotate64(u64 value, int by) { return value << by | value >> (64 - by); }
