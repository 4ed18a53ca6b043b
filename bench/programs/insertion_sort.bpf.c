// Sorting on the stack: insertion sort of 32 words at a time.
#include "bench/programs/bench.h"

#define COUNT 32

static inline void insert(u64* sorted, int count, u64 word) {
    int place = count;
    for (; place > 0 && sorted[place - 1] > word; --place) sorted[place] = sorted[place - 1];
    sorted[place] = word;
}

PROGRAM(insertion_sort) {
    u64 words[COUNT];
    u64 sum = 0;
    for (u64 at = 0; at + sizeof words <= size; at += sizeof words) {
        for (int word = 0; word < COUNT; ++word) insert(words, word, load64(data + at + word * 8));
        for (int word = 0; word < COUNT; ++word) sum = sum * 31 + words[word];
    }
    return sum;
}
