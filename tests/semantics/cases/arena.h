// An arena of ten pages, and the kernel functions that give and take them. Behind case.h.
#pragma once

#define __arena __attribute__((address_space(1)))
#define PAGE_SIZE 4096

struct {
    __uint(type, 33);  // BPF_MAP_TYPE_ARENA
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 10);
    // Where user space has it. A 64-bit number stands in the types as an enumerator.
    enum { arena_begin = 1ULL << 44 } map_extra;
} arena SEC(".maps");

void __arena* bpf_arena_alloc_pages(void* map, void __arena* address, __u32 pages, int node,
                                    __u64 flags) __ksym;
void bpf_arena_free_pages(void* map, void __arena* address, __u32 pages) __ksym;
