// Calls a function for each number until it returns 1; the result is how many calls were made.
//! covers: helper loop
//! since: 5.17
#include "case.h"

static long add(__u32 index, void* sum) {
    *(__u64*)sum += index;
    return 0;
}

static long until_three(__u32 index, void* last) {
    *(__u64*)last = index;
    return index == 3;
}

//! test: the function sees each number and shares a variable
//! run: --prog sum
//! expect: seen = {10, 45, [2 ... 7] = 0}
SEC("xdp")
int sum(struct xdp_md* ctx) {
    __u64 total = 0;
    SEE_INT(0, bpf_loop(10, add, &total, 0));
    SEE(1, total);
    return XDP_PASS;
}

//! test: a function that returns 1 is not called again
//! run: --prog stop
//! expect: seen = {4, 3, [2 ... 7] = 0}
SEC("xdp")
int stop(struct xdp_md* ctx) {
    __u64 last = 0;
    SEE_INT(0, bpf_loop(10, until_three, &last, 0));
    SEE(1, last);
    return XDP_PASS;
}

//! test: flags are -EINVAL, more than 8 Mi rounds -E2BIG
//! run: --prog errors
//! expect: seen = {-22, -7, [2 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    __u64 total = 0;
    SEE_INT(0, bpf_loop(1, add, &total, 1));
    SEE_INT(1, bpf_loop((8 << 20) + 1, add, &total, 0));
    SEE(2, total);
    return XDP_PASS;
}
