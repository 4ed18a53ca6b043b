// Which pages of an arena are given, and keeping some of them back.
//! covers: kfunc bpf_arena_alloc_pages
//! covers: kfunc bpf_arena_free_pages
//! covers: kfunc bpf_arena_reserve_pages
//! since: 6.18
#include "case.h"
// Behind what it needs.
#include "arena.h"
#define PAGES(bytes) ((__u64)(bytes) / PAGE_SIZE)

int bpf_arena_reserve_pages(void* map, void __arena* address, __u32 pages) __ksym;

//! test: the smallest gap that is large enough is taken; too many pages, flags, a strange node and a place that is taken give null
//! run: --prog gaps
//! expect: seen = {5, [1 ... 5] = 0, 1, 7}
SEC("syscall")
int gaps(void* ctx) {
    char __arena* first = bpf_arena_alloc_pages(&arena, 0, 5, -1, 0);
    char __arena* second = bpf_arena_alloc_pages(&arena, 0, 1, 0, 0);
    if (!first || !second) return 0;
    SEE(0, PAGES(second - first));
    SEE(1, bpf_arena_alloc_pages(&arena, 0, 11, -1, 0) != 0);
    SEE(2, bpf_arena_alloc_pages(&arena, 0, 1, -1, 1) != 0);
    SEE(3, bpf_arena_alloc_pages(&arena, 0, 1, 4000, 0) != 0);
    SEE(4, bpf_arena_alloc_pages(&arena, first, 1, -1, 0) != 0);
    SEE(5, bpf_arena_alloc_pages(&arena, first + 1, 1, -1, 0) != 0);
    bpf_arena_free_pages(&arena, first + PAGE_SIZE, 2);
    char __arena* third = bpf_arena_alloc_pages(&arena, 0, 2, -1, 0);
    SEE(6, PAGES(third - first));
    // Of the three pages at the end.
    char __arena* fourth = bpf_arena_alloc_pages(&arena, 0, 2, -1, 0);
    SEE(7, PAGES(fourth - first) + 1);
    bpf_arena_free_pages(&arena, first, 9);
    return 0;
}

//! test: pages that are reserved are not given until they are freed
//! run: --prog reservations
//! expect: seen = {0, -16, -22, 0, 0, 3, 1, 0}
SEC("syscall")
int reservations(void* ctx) {
    char __arena* base = bpf_arena_alloc_pages(&arena, 0, 10, -1, 0);
    if (!base) return 0;
    bpf_arena_free_pages(&arena, base, 10);
    SEE_INT(0, bpf_arena_reserve_pages(&arena, base, 3));
    SEE_INT(1, bpf_arena_reserve_pages(&arena, base + 2 * PAGE_SIZE, 1));
    SEE_INT(2, bpf_arena_reserve_pages(&arena, base + 9 * PAGE_SIZE, 2));
    SEE_INT(3, bpf_arena_reserve_pages(&arena, base + 4 * PAGE_SIZE + 1, 1));
    SEE_INT(4, bpf_arena_reserve_pages(&arena, base, 0));
    char __arena* given = bpf_arena_alloc_pages(&arena, 0, 5, -1, 0);
    SEE(5, PAGES(given - base));
    bpf_arena_free_pages(&arena, base, 3);
    SEE(6, bpf_arena_alloc_pages(&arena, 0, 3, -1, 0) == base);
    bpf_arena_free_pages(&arena, base, 10);
    return 0;
}
