// Memory that programs take page by page and link by plain pointers.
//! covers: map type arena
//! covers: kfunc bpf_arena_alloc_pages
//! covers: kfunc bpf_arena_free_pages
//! since: 6.9
#include "case.h"
// Behind what it needs.
#include "arena.h"

__u64 __arena counters[4] = {1, 2, 3, 4};

struct node {
    struct node __arena* next;
    __u64 value;
};

//! test: variables are in its first page, what is allocated follows
//! run: --prog variables
//! expect: seen = {10, 5, 4096, [3 ... 7] = 0}
SEC("syscall")
int variables(void* ctx) {
    __u64 sum = 0;
    for (int i = 0; i < 4; ++i) sum += counters[i];
    SEE(0, sum);
    counters[0] += 4;
    SEE(1, counters[0]);
    char __arena* page = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
    if (!page) return 0;
    SEE(2, (__u32)(long)page - ((__u32)(long)counters & -PAGE_SIZE));
    bpf_arena_free_pages(&arena, page, 1);
    return 0;
}

//! test: pointers lead from node to node
//! run: --prog list
//! expect: seen = {60, 3, [2 ... 7] = 0}
SEC("syscall")
int list(void* ctx) {
    struct node __arena* nodes = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
    if (!nodes) return 0;
    struct node __arena* head = 0;
    for (int i = 0; i < 3; ++i) {
        nodes[i].value = 10 * (i + 1);
        nodes[i].next = head;
        head = &nodes[i];
    }
    __u64 sum = 0, count = 0;
    for (struct node __arena* at = head; at && count < 10; at = at->next) {
        sum += at->value;
        ++count;
    }
    SEE(0, sum);
    SEE(1, count);
    bpf_arena_free_pages(&arena, nodes, 1);
    return 0;
}

//! test: a page that is not there reads as zeros, loses what is written, and comes back empty
//! run: --prog holes
//! expect: seen = {7, 0, 0, 0, 1, 0, 0, 0}
SEC("syscall")
int holes(void* ctx) {
    volatile __u64 __arena* page = bpf_arena_alloc_pages(&arena, 0, 2, -1, 0);
    if (!page) return 0;
    page[0] = 7;
    SEE(0, page[0]);
    bpf_arena_free_pages(&arena, (void __arena*)page, 2);
    SEE(1, page[0]);
    page[0] = 8;
    page[600] = 9;
    SEE(2, page[0]);
    volatile __u64 __arena* again = bpf_arena_alloc_pages(&arena, (void __arena*)page, 2, -1, 0);
    if (!again) return 0;
    SEE(3, again[0] + again[600]);
    SEE(4, again == page);
    bpf_arena_free_pages(&arena, (void __arena*)again, 2);
    return 0;
}
