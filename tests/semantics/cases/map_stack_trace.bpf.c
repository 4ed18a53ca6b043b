// Stack traces by number: bpf_get_stackid fills it, user space reads it.
//! covers: map type stack_trace
//! since: 4.6
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 4);
    __uint(key_size, 4);
    __uint(value_size, 32);
} stacks SEC(".maps");

//! test: it is created, and empty before a program asks for its stack
//! run: --prog none
//! expect: stacks (stack_trace, empty)
//! expect: seen = {1, [1 ... 7] = 0}
SEC("xdp")
int none(struct xdp_md* ctx) {
    SEE(0, 1);
    return XDP_PASS;
}
