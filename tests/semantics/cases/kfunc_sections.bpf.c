// Sections in which a program is not disturbed, and casts.
//! covers: kfunc bpf_rcu_read_lock
//! covers: kfunc bpf_rcu_read_unlock
//! covers: kfunc bpf_preempt_disable
//! covers: kfunc bpf_preempt_enable
//! covers: kfunc bpf_local_irq_save
//! covers: kfunc bpf_local_irq_restore
//! covers: kfunc bpf_cast_to_kern_ctx
//! covers: kfunc bpf_rdonly_cast
//! since: 6.14
#include "case.h"

#include <bpf/bpf_core_read.h>

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long* flags) __ksym;
extern void bpf_local_irq_restore(unsigned long* flags) __ksym;
extern void* bpf_cast_to_kern_ctx(void* ctx) __ksym;
extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym;

struct sk_buff {
    unsigned int len;
    __u32 mark;
} __attribute__((preserve_access_index));

//! test: sections open and close
//! run: --prog sections
//! expect: seen = {1, [1 ... 7] = 0}
SEC("tc")
int sections(struct __sk_buff* skb) {
    unsigned long flags;
    bpf_rcu_read_lock();
    bpf_rcu_read_unlock();
    bpf_preempt_disable();
    bpf_preempt_enable();
    bpf_local_irq_save(&flags);
    bpf_local_irq_restore(&flags);
    SEE(0, 1);
    return 0;
}

//! test: the kernel's own struct of a packet
//! run: --prog casts --ctx mark=7 --packet hex:ffffffffffff0000000000010800450000140000000040000000000000000000000000
//! expect: seen = {35, 7, 35, [3 ... 7] = 0}
SEC("tc")
int casts(struct __sk_buff* ctx) {
    struct sk_buff* skb = bpf_cast_to_kern_ctx(ctx);
    SEE(0, skb->len);
    SEE(1, skb->mark);
    struct sk_buff* same = bpf_rdonly_cast(skb, bpf_core_type_id_kernel(struct sk_buff));
    SEE(2, same->len);
    return 0;
}
