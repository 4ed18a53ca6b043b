// A stack becomes a number, which is the same for the same stack.
//! covers: helper get_stackid
//! covers: map type stack_trace
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 16);
    __uint(key_size, 4);
    __uint(value_size, 8 * 8);
} stacks SEC(".maps");

//! test: the same stack has the same id, unknown flags are refused
//! run: --prog same
//! expect: seen = {1, 1, -22, [3 ... 7] = 0}
SEC("raw_tp")
int same(void* ctx) {
    const __u64 flags = BPF_F_USER_STACK | BPF_F_REUSE_STACKID;
    long first = bpf_get_stackid(ctx, &stacks, flags);
    SEE(0, first >= 0);
    SEE(1, first == bpf_get_stackid(ctx, &stacks, flags));
    SEE_INT(2, bpf_get_stackid(ctx, &stacks, 1 << 15));
    return 0;
}

//! test: all frames skipped
//! run: --prog skipped
//! expect: seen = {-14, [1 ... 7] = 0}
SEC("raw_tp")
int skipped(void* ctx) {
    SEE_INT(0, bpf_get_stackid(ctx, &stacks, 127));
    return 0;
}

//! test: the world's addresses, one of which is skipped
//! run: --prog kept --world user_stack=0x1000,0x2000,0x3000
//! expect: map stacks
//! expect: 00 20 00 00 00 00 00 00 00 30 00 00 00 00 00 00
//! expect: seen = {1, [1 ... 7] = 0}
SEC("raw_tp")
int kept(void* ctx) {
    SEE(0, bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK | 1) >= 0);
    return 0;
}
