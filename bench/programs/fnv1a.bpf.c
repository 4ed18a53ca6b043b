// Hashing: 64-bit FNV-1a, one multiplication a byte.
#include "bench/programs/bench.h"

PROGRAM(fnv1a) {
    u64 hash = 0xcbf29ce484222325ULL;
    for (u64 at = 0; at < size; ++at) hash = (hash ^ data[at]) * 0x100000001b3ULL;
    return hash;
}
