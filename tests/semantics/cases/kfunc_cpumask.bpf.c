// Sets of CPUs.
//! covers: kfunc bpf_cpumask_create
//! covers: kfunc bpf_cpumask_acquire
//! covers: kfunc bpf_cpumask_release
//! covers: kfunc bpf_cpumask_first
//! covers: kfunc bpf_cpumask_first_zero
//! covers: kfunc bpf_cpumask_first_and
//! covers: kfunc bpf_cpumask_set_cpu
//! covers: kfunc bpf_cpumask_clear_cpu
//! covers: kfunc bpf_cpumask_test_cpu
//! covers: kfunc bpf_cpumask_test_and_set_cpu
//! covers: kfunc bpf_cpumask_test_and_clear_cpu
//! covers: kfunc bpf_cpumask_setall
//! covers: kfunc bpf_cpumask_clear
//! covers: kfunc bpf_cpumask_and
//! covers: kfunc bpf_cpumask_or
//! covers: kfunc bpf_cpumask_xor
//! covers: kfunc bpf_cpumask_equal
//! covers: kfunc bpf_cpumask_intersects
//! covers: kfunc bpf_cpumask_subset
//! covers: kfunc bpf_cpumask_empty
//! covers: kfunc bpf_cpumask_full
//! covers: kfunc bpf_cpumask_copy
//! covers: kfunc bpf_cpumask_any_distribute
//! covers: kfunc bpf_cpumask_any_and_distribute
//! covers: kfunc bpf_cpumask_weight
//! covers: kfunc bpf_cpumask_populate
//! since: 6.17
#include "case.h"

struct cpumask {
    int unused;
} __attribute__((preserve_access_index));
struct bpf_cpumask {
    struct cpumask cpumask;
} __attribute__((preserve_access_index));

extern struct bpf_cpumask* bpf_cpumask_create(void) __ksym;
extern struct bpf_cpumask* bpf_cpumask_acquire(struct bpf_cpumask* mask) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask* mask) __ksym;
extern __u32 bpf_cpumask_first(const struct cpumask* mask) __ksym;
extern __u32 bpf_cpumask_first_zero(const struct cpumask* mask) __ksym;
extern __u32 bpf_cpumask_first_and(const struct cpumask* a, const struct cpumask* b) __ksym;
extern void bpf_cpumask_set_cpu(__u32 cpu, struct bpf_cpumask* mask) __ksym;
extern void bpf_cpumask_clear_cpu(__u32 cpu, struct bpf_cpumask* mask) __ksym;
extern _Bool bpf_cpumask_test_cpu(__u32 cpu, const struct cpumask* mask) __ksym;
extern _Bool bpf_cpumask_test_and_set_cpu(__u32 cpu, struct bpf_cpumask* mask) __ksym;
extern _Bool bpf_cpumask_test_and_clear_cpu(__u32 cpu, struct bpf_cpumask* mask) __ksym;
extern void bpf_cpumask_setall(struct bpf_cpumask* mask) __ksym;
extern void bpf_cpumask_clear(struct bpf_cpumask* mask) __ksym;
extern _Bool bpf_cpumask_and(struct bpf_cpumask* to, const struct cpumask* a,
                             const struct cpumask* b) __ksym;
extern void bpf_cpumask_or(struct bpf_cpumask* to, const struct cpumask* a,
                           const struct cpumask* b) __ksym;
extern void bpf_cpumask_xor(struct bpf_cpumask* to, const struct cpumask* a,
                            const struct cpumask* b) __ksym;
extern _Bool bpf_cpumask_equal(const struct cpumask* a, const struct cpumask* b) __ksym;
extern _Bool bpf_cpumask_intersects(const struct cpumask* a, const struct cpumask* b) __ksym;
extern _Bool bpf_cpumask_subset(const struct cpumask* a, const struct cpumask* b) __ksym;
extern _Bool bpf_cpumask_empty(const struct cpumask* mask) __ksym;
extern _Bool bpf_cpumask_full(const struct cpumask* mask) __ksym;
extern void bpf_cpumask_copy(struct bpf_cpumask* to, const struct cpumask* from) __ksym;
extern __u32 bpf_cpumask_any_distribute(const struct cpumask* mask) __ksym;
extern __u32 bpf_cpumask_any_and_distribute(const struct cpumask* a,
                                            const struct cpumask* b) __ksym;
extern __u32 bpf_cpumask_weight(const struct cpumask* mask) __ksym;
extern int bpf_cpumask_populate(struct bpf_cpumask* mask, void* from, unsigned long size) __ksym;

#define IN(mask) ((const struct cpumask*)(mask))

//! test: CPU 0 comes and goes
//! run: --prog single
//! expect: seen = {1, 1, 0, 1, 0, 1, 1, 0}
SEC("syscall")
int single(void* ctx) {
    struct bpf_cpumask* mask = bpf_cpumask_create();
    if (!mask) return 1;
    SEE(0, bpf_cpumask_empty(IN(mask)));
    bpf_cpumask_set_cpu(0, mask);
    SEE(1, bpf_cpumask_test_cpu(0, IN(mask)));
    SEE(2, bpf_cpumask_first(IN(mask)));
    SEE(3, bpf_cpumask_test_and_set_cpu(0, mask));
    bpf_cpumask_set_cpu(1 << 20, mask);
    SEE(4, bpf_cpumask_test_cpu(1 << 20, IN(mask)));
    SEE(5, bpf_cpumask_weight(IN(mask)));
    SEE(6, bpf_cpumask_test_and_clear_cpu(0, mask));
    bpf_cpumask_set_cpu(0, mask);
    bpf_cpumask_clear_cpu(0, mask);
    SEE(7, bpf_cpumask_test_cpu(0, IN(mask)));
    bpf_cpumask_release(mask);
    return 0;
}

//! test: all CPUs, and none
//! run: --prog whole
//! expect: seen = {[0 ... 5] = 1, 0, 0}
SEC("syscall")
int whole(void* ctx) {
    struct bpf_cpumask* mask = bpf_cpumask_create();
    if (!mask) return 1;
    const __u32 none = bpf_cpumask_first(IN(mask));
    bpf_cpumask_setall(mask);
    SEE(0, bpf_cpumask_full(IN(mask)));
    SEE(1, bpf_cpumask_weight(IN(mask)) == none);
    SEE(2, bpf_cpumask_first_zero(IN(mask)) == none);
    SEE(3, bpf_cpumask_any_distribute(IN(mask)) < none);
    bpf_cpumask_clear(mask);
    SEE(4, bpf_cpumask_empty(IN(mask)));
    SEE(5, bpf_cpumask_any_distribute(IN(mask)) >= none);
    SEE(6, bpf_cpumask_first_zero(IN(mask)));
    bpf_cpumask_release(mask);
    return 0;
}

__u64 words[128] = {1};

//! test: two sets, and bits that become one
//! run: --prog two
//! expect: seen = {0, -13, [2 ... 6] = 1, 0}
SEC("syscall")
int two(void* ctx) {
    struct bpf_cpumask* a = bpf_cpumask_create();
    if (!a) return 1;
    struct bpf_cpumask* b = bpf_cpumask_create();
    if (!b) {
        bpf_cpumask_release(a);
        return 2;
    }
    SEE_INT(0, bpf_cpumask_populate(a, words, sizeof(words)));
    SEE_INT(1, bpf_cpumask_populate(a, words, 0));
    bpf_cpumask_copy(b, IN(a));
    SEE(2, bpf_cpumask_equal(IN(a), IN(b)) && bpf_cpumask_intersects(IN(a), IN(b)));
    SEE(3, bpf_cpumask_and(b, IN(a), IN(b)) && bpf_cpumask_first_and(IN(a), IN(b)) == 0 &&
               bpf_cpumask_any_and_distribute(IN(a), IN(b)) == 0);
    bpf_cpumask_xor(b, IN(a), IN(b));
    SEE(4, bpf_cpumask_empty(IN(b)) && !bpf_cpumask_intersects(IN(a), IN(b)));
    SEE(5, bpf_cpumask_subset(IN(b), IN(a)) && !bpf_cpumask_subset(IN(a), IN(b)));
    bpf_cpumask_or(b, IN(a), IN(b));
    SEE(6, bpf_cpumask_equal(IN(a), IN(b)));
    bpf_cpumask_release(a);
    a = bpf_cpumask_acquire(b);
    bpf_cpumask_release(b);
    SEE(7, bpf_cpumask_empty(IN(a)));
    bpf_cpumask_release(a);
    return 0;
}
