// Numbers and bits one after the other.
//! covers: kfunc bpf_iter_num_new
//! covers: kfunc bpf_iter_num_next
//! covers: kfunc bpf_iter_num_destroy
//! covers: kfunc bpf_iter_bits_new
//! covers: kfunc bpf_iter_bits_next
//! covers: kfunc bpf_iter_bits_destroy
//! since: 6.11
#include "case.h"

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
struct bpf_iter_num {
    __u64 opaque[1];
} __attribute__((aligned(8)));
#endif

extern int bpf_iter_num_new(struct bpf_iter_num* it, int start, int end) __ksym;
extern int* bpf_iter_num_next(struct bpf_iter_num* it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num* it) __ksym;

struct bpf_iter_bits {
    __u64 opaque[2];
} __attribute__((aligned(8)));
extern int bpf_iter_bits_new(struct bpf_iter_bits* it, const __u64* bits, __u32 words) __ksym;
extern int* bpf_iter_bits_next(struct bpf_iter_bits* it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits* it) __ksym;

//! test: a range, and ranges that are none
//! run: --prog numbers
//! expect: seen = {0, 7, 3, -22, -7, 0, 0, 0}
SEC("tc")
int numbers(struct __sk_buff* skb) {
    struct bpf_iter_num it;
    int* number;
    long sum = 0, count = 0;
    SEE_INT(0, bpf_iter_num_new(&it, -2, 1));
    while ((number = bpf_iter_num_next(&it))) {
        sum += *number;
        ++count;
    }
    SEE(1, sum + 10);
    SEE(2, count);
    bpf_iter_num_destroy(&it);
    SEE_INT(3, bpf_iter_num_new(&it, 2, 1));
    bpf_iter_num_destroy(&it);
    SEE_INT(4, bpf_iter_num_new(&it, 0, 8 * 1024 * 1024 + 1));
    SEE(5, bpf_iter_num_next(&it) != 0);
    bpf_iter_num_destroy(&it);
    return 0;
}

__u64 words[2] = {0x8000000000000001, 0x10};

//! test: bits of one word and of two
//! run: --prog bits
//! expect: seen = {0, 63, 2, 0, 131, 3, -22, 0}
SEC("tc")
int bits(struct __sk_buff* skb) {
    struct bpf_iter_bits it;
    int* bit;
    long sum = 0, count = 0;
    SEE_INT(0, bpf_iter_bits_new(&it, words, 1));
    while ((bit = bpf_iter_bits_next(&it))) {
        sum += *bit;
        ++count;
    }
    bpf_iter_bits_destroy(&it);
    SEE(1, sum);
    SEE(2, count);
    SEE_INT(3, bpf_iter_bits_new(&it, words, 2));
    sum = count = 0;
    while ((bit = bpf_iter_bits_next(&it))) {
        sum += *bit;
        ++count;
    }
    bpf_iter_bits_destroy(&it);
    SEE(4, sum);
    SEE(5, count);
    SEE_INT(6, bpf_iter_bits_new(&it, words, 0));
    bpf_iter_bits_destroy(&it);
    return 0;
}
