// Hashing: SipHash-2-4 with the key taken from the input's first 16 bytes.
#include "bench/programs/bench.h"

struct state {
    u64 a, b, c, d;
};

static inline struct state round_of(struct state s) {
    s.a += s.b;
    s.b = rotate64(s.b, 13) ^ s.a;
    s.a = rotate64(s.a, 32);
    s.c += s.d;
    s.d = rotate64(s.d, 16) ^ s.c;
    s.a += s.d;
    s.d = rotate64(s.d, 21) ^ s.a;
    s.c += s.b;
    s.b = rotate64(s.b, 17) ^ s.c;
    s.c = rotate64(s.c, 32);
    return s;
}

static inline struct state absorb(struct state s, u64 word) {
    s.d ^= word;
    s = round_of(round_of(s));
    s.a ^= word;
    return s;
}

PROGRAM(siphash) {
    u64 key0 = load64(data);
    u64 key1 = load64(data + 8);
    struct state s = {key0 ^ 0x736f6d6570736575ULL, key1 ^ 0x646f72616e646f6dULL,
                      key0 ^ 0x6c7967656e657261ULL, key1 ^ 0x7465646279746573ULL};
    for (u64 at = 16; at + 8 <= size; at += 8) s = absorb(s, load64(data + at));
    s = absorb(s, (size - 16) << 56);
    s.c ^= 0xff;
    s = round_of(round_of(round_of(round_of(s))));
    return s.a ^ s.b ^ s.c ^ s.d;
}
