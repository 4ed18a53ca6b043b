// Strings: compares each line of a text with the line before, as strcmp would.
#include "bench/programs/bench.h"

static inline int compare(const u8* left, const u8* right, const u8* end) {
    for (; right < end; ++left, ++right) {
        if (*left != *right) return *left < *right ? -1 : 1;
        if (*left == '\n') return 0;
    }
    return 0;
}

static inline const u8* next_line(const u8* at, const u8* end) {
    while (at < end && *at != '\n') ++at;
    return at + 1;
}

PROGRAM(string_compare) {
    const u8* end = data + size;
    u64 result = 0;
    const u8* line = data;
    for (const u8* next = next_line(line, end); next < end; next = next_line(next, end)) {
        result = result * 3 + 1 + compare(line, next, end);
        line = next;
    }
    return result;
}
