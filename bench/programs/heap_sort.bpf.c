// Sorting on the stack: heap sort of 64 words at a time.
#include "bench/programs/bench.h"

#define COUNT 64

static inline void sift_down(u32* heap, u32 root, u32 count) {
    u32 moved = heap[root];
    for (u32 child = root * 2 + 1; child < count; child = root * 2 + 1) {
        if (child + 1 < count && heap[child + 1] > heap[child]) ++child;
        if (heap[child] <= moved) break;
        heap[root] = heap[child];
        root = child;
    }
    heap[root] = moved;
}

static inline void sort(u32* words) {
    for (u32 root = COUNT / 2; root > 0; --root) sift_down(words, root - 1, COUNT);
    for (u32 last = COUNT - 1; last > 0; --last) {
        u32 greatest = words[0];
        words[0] = words[last];
        words[last] = greatest;
        sift_down(words, 0, last);
    }
}

PROGRAM(heap_sort) {
    u32 words[COUNT];
    u64 sum = 0;
    for (u64 at = 0; at + sizeof words <= size; at += sizeof words) {
        for (u32 word = 0; word < COUNT; ++word) words[word] = load32(data + at + word * 4);
        sort(words);
        for (u32 word = 0; word < COUNT; ++word) sum = sum * 31 + words[word];
    }
    return sum;
}
