// Locks that may fail, several of which may be held.
#include "kernel.h"

struct lv {
    __u64 a;
    struct bpf_res_spin_lock l;
};
ARRAY(lm, struct lv);
ARRAY(lm1, struct lv);
struct sv {
    __u64 a;
    struct bpf_spin_lock l;
};
ARRAY(sm, struct sv);

ACCEPTED
SEC("tc")
int rl_ok(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    v->a++;
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("bpf_res_spin_unlock without taking a lock")
SEC("tc")
int rl_unchecked(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    bpf_res_spin_lock(&v->l);
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region")
SEC("tc")
int rl_leak(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    bpf_res_spin_lock(&v->l);
    return 0;
}

REJECTED("Acquiring the same lock again, AA deadlock detected")
SEC("tc")
int rl_aa(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    if (bpf_res_spin_lock(&v->l)) {
        bpf_res_spin_unlock(&v->l);
        return 1;
    }
    bpf_res_spin_unlock(&v->l);
    bpf_res_spin_unlock(&v->l);
    return 0;
}

ACCEPTED
SEC("tc")
int rl_two(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    struct lv* w = FIRST(lm1, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    if (bpf_res_spin_lock(&w->l)) {
        bpf_res_spin_unlock(&v->l);
        return 1;
    }
    bpf_res_spin_unlock(&w->l);
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("bpf_res_spin_unlock cannot be out of order")
SEC("tc")
int rl_order(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    struct lv* w = FIRST(lm1, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    if (bpf_res_spin_lock(&w->l)) {
        bpf_res_spin_unlock(&v->l);
        return 1;
    }
    bpf_res_spin_unlock(&v->l);
    bpf_res_spin_unlock(&w->l);
    return 0;
}

ACCEPTED
SEC("tc")
int rl_irq(void* c) {
    unsigned long f;
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock_irqsave(&v->l, &f)) return 1;
    bpf_res_spin_unlock_irqrestore(&v->l, &f);
    return 0;
}

REJECTED("bpf_res_spin_unlock of different lock")
SEC("tc")
int rl_irq_mix(void* c) {
    unsigned long f;
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock_irqsave(&v->l, &f)) return 1;
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("function calls are not allowed while holding a lock")
SEC("tc")
int rl_irq_mix2(void* c) {
    unsigned long f, g;
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock_irqsave(&v->l, &f)) return 1;
    bpf_local_irq_restore(&f);
    return 0;
}

REJECTED("bpf_res_spin_unlock of different lock")
SEC("tc")
int rl_irq_mix3(void* c) {
    unsigned long f, g;
    struct lv* v = FIRST(lm, struct lv);
    bpf_local_irq_save(&f);
    if (bpf_res_spin_lock(&v->l)) return 1;
    bpf_res_spin_unlock_irqrestore(&v->l, &f);
    return 0;
}

REJECTED("cannot restore irq state out of order, expected id=4 acquired at insn_idx=28")
SEC("tc")
int rl_irq_order(void* c) {
    unsigned long f, g;
    struct lv* v = FIRST(lm, struct lv);
    struct lv* w = FIRST(lm1, struct lv);
    if (bpf_res_spin_lock_irqsave(&v->l, &f)) return 1;
    if (bpf_res_spin_lock_irqsave(&w->l, &g)) {
        bpf_res_spin_unlock_irqrestore(&v->l, &f);
        return 1;
    }
    bpf_res_spin_unlock_irqrestore(&w->l, &f);
    bpf_res_spin_unlock_irqrestore(&v->l, &g);
    return 0;
}

REJECTED("function calls are not allowed while holding a lock")
SEC("tc")
int rl_then_spin(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    struct sv* s = FIRST(sm, struct sv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    bpf_spin_lock(&s->l);
    bpf_spin_unlock(&s->l);
    bpf_res_spin_unlock(&v->l);
    return 0;
}

ACCEPTED
SEC("tc")
int spin_then_rl(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    struct sv* s = FIRST(sm, struct sv);
    bpf_spin_lock(&s->l);
    if (bpf_res_spin_lock(&v->l)) {
        bpf_spin_unlock(&s->l);
        return 1;
    }
    bpf_res_spin_unlock(&v->l);
    bpf_spin_unlock(&s->l);
    return 0;
}

REJECTED("bpf_spin_unlock cannot be out of order")
SEC("tc")
int spin_rl_order(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    struct sv* s = FIRST(sm, struct sv);
    bpf_spin_lock(&s->l);
    if (bpf_res_spin_lock(&v->l)) {
        bpf_spin_unlock(&s->l);
        return 1;
    }
    bpf_spin_unlock(&s->l);
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("function calls are not allowed while holding a lock")
SEC("tc")
int rl_helper(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    bpf_get_prandom_u32();
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("bpf_res_spin_unlock without taking a lock")
SEC("tc")
int rl_unlock_only(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("arg#0 doesn't point to map value or allocated object")
SEC("tc")
int rl_stack(void* c) {
    struct bpf_res_spin_lock l = {};
    bpf_res_spin_lock(&l);
    return 0;
}

REJECTED("off 0 doesn't point to 'struct bpf_res_spin_lock' that is at 8")
SEC("tc")
int rl_wrong(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock((void*)v)) return 1;
    return 0;
}

REJECTED("map 'sm' has no valid bpf_res_spin_lock")
SEC("tc")
int rl_other(void* c) {
    struct sv* s = FIRST(sm, struct sv);
    return bpf_res_spin_lock((void*)&s->l);
}

REJECTED("Possibly NULL pointer passed to trusted arg0")
SEC("tc")
int rl_null(void* c) { return bpf_res_spin_lock(0); }

REJECTED("socket filter progs cannot use bpf_spin_lock yet")
SEC("socket")
int rl_socket(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    return v->a;
}

ACCEPTED
SEC("tp_btf/sched_switch")
int rl_tracing(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    v->a++;
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("tracing progs cannot use bpf_spin_lock yet")
SEC("kprobe")
int rl_kprobe(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    v->a++;
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("tracing progs cannot use bpf_spin_lock yet")
SEC("perf_event")
int rl_perf(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock(&v->l)) return 1;
    v->a++;
    bpf_res_spin_unlock(&v->l);
    return 0;
}

ACCEPTED
SEC("tc")
int rl_negative(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    int r = bpf_res_spin_lock(&v->l);
    if (r < 0) return 1;
    bpf_res_spin_unlock(&v->l);
    return 0;
}

REJECTED("bpf_res_spin_unlock of different lock")
SEC("tc")
int rl_elems(void* c) {
    struct lv* v = FIRST(lm, struct lv);
    int key = 0;
    struct lv* w = bpf_map_lookup_elem(&lm, &key);
    if (!w) return 0;
    if (bpf_res_spin_lock(&v->l)) return 1;
    bpf_res_spin_unlock(&w->l);
    return 0;
}

REJECTED("BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region")
SEC("tc")
int rl_irq_elems(void* c) {
    unsigned long f;
    struct lv* v = FIRST(lm, struct lv);
    if (bpf_res_spin_lock_irqsave(&v->l, &f)) return 1;
    return 0;
}
