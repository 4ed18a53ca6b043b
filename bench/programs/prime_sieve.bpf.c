// Bit arrays on the stack: counts primes below a bound by the sieve of Eratosthenes.
#include "bench/programs/bench.h"

#define WORDS 48
#define LIMIT (WORDS * 64)

static inline void cross_out(u64* crossed, u32 number) {
    crossed[number / 64] |= 1ULL << (number % 64);
}

static inline int is_crossed(const u64* crossed, u32 number) {
    return crossed[number / 64] >> (number % 64) & 1;
}

PROGRAM(prime_sieve) {
    u64 crossed[WORDS];
    u32 limit = LIMIT - load16(data + size - 2) % 256;
    for (int word = 0; word < WORDS; ++word) crossed[word] = 0;
    u64 primes = 0;
    for (u32 number = 2; number < limit; ++number) {
        if (is_crossed(crossed, number)) continue;
        ++primes;
        for (u32 multiple = number * number; multiple < limit; multiple += number)
            cross_out(crossed, multiple);
    }
    return primes;
}
