// Objects of the program: for each CPU, with pointers and locks in them.
#include "kernel.h"

struct val {
    long a, b;
};
struct big {
    long a[65];
};
struct withp {
    long a;
    void* p;
};
struct withl {
    long a;
    struct bpf_spin_lock l;
};
struct elem {
    long x;
    struct val __percpu_kptr* pc;
    struct val __kptr* one;
};
ARRAY(em, struct elem);
struct outer {
    long x;
    struct val __kptr* in;
    struct val __percpu_kptr* pin;
};
struct rl_obj {
    long x;
    struct bpf_res_spin_lock l;
};
struct mynode {
    struct bpf_list_node n;
    long d;
};
struct rhead {
    struct bpf_res_spin_lock l;
    struct bpf_list_head h CONTAINS(mynode, n);
};
ARRAY(hm, struct rhead);
struct rl_obj2 {
    struct bpf_refcount r;
    struct bpf_res_spin_lock l;
    long x;
};
struct nest {
    long y;
    struct {
        struct bpf_spin_lock l;
    } in;
};
struct arrk {
    long y;
    struct val __kptr* k[2];
};
struct tim {
    struct bpf_refcount r;
    struct bpf_timer t;
};
ACCEPTED
SEC("tc")
int new_drop(void* c) {
    struct val __percpu_kptr* p = NEW_PERCPU(struct val);
    if (p) DROP_PERCPU(p);
    return 0;
}

REJECTED("BPF_EXIT instruction in main prog would lead to reference leak")
SEC("tc")
int new_leak(void* c) {
    struct val __percpu_kptr* p = NEW_PERCPU(struct val);
    return !!p;
}

REJECTED("bpf_percpu_obj_new type size (520) is greater than 512")
SEC("tc")
int new_big(void* c) {
    struct big __percpu_kptr* p = NEW_PERCPU(struct big);
    if (p) DROP_PERCPU(p);
    return 0;
}

REJECTED("bpf_percpu_obj_new type ID argument must be of a struct of scalars")
SEC("tc")
int new_withp(void* c) {
    struct withp __percpu_kptr* p = NEW_PERCPU(struct withp);
    if (p) DROP_PERCPU(p);
    return 0;
}

REJECTED("bpf_percpu_obj_new type ID argument must not contain special fields")
SEC("tc")
int new_withl(void* c) {
    struct withl __percpu_kptr* p = NEW_PERCPU(struct withl);
    if (p) DROP_PERCPU(p);
    return 0;
}

REJECTED("R0 is ptr_val access percpu memory: off=0")
SEC("tc")
int read_direct(void* c) {
    struct val* p = (void*)NEW_PERCPU(struct val);
    long r = 0;
    if (p) {
        r = p->a;
        DROP_PERCPU((void*)p);
    }
    return r;
}

REJECTED("arg#0 expected for bpf_percpu_obj_drop_impl()")
SEC("tc")
int drop_wrong(void* c) {
    struct val* p = (void*)NEW_PERCPU(struct val);
    if (p) DROP(p);
    return 0;
}

REJECTED("arg#0 expected for bpf_obj_drop_impl()")
SEC("tc")
int drop_wrong2(void* c) {
    struct val* p = NEW(struct val);
    if (p) DROP_PERCPU((void*)p);
    return 0;
}

REJECTED("R1 type=percpu_ptr_ expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_")
SEC("tc")
int this_owned(void* c) {
    struct val* p = (void*)NEW_PERCPU(struct val);
    if (p) {
        struct val* q = bpf_this_cpu_ptr(p);
        q->a = 1;
        DROP_PERCPU((void*)p);
    }
    return 0;
}

ACCEPTED
SEC("tc")
int xchg_in(void* c) {
    struct elem* e = FIRST(em, struct elem);
    void* p = (void*)NEW_PERCPU(struct val);
    if (!p) return 0;
    p = bpf_kptr_xchg(&e->pc, p);
    if (p) DROP_PERCPU(p);
    return 0;
}

ACCEPTED
SEC("tc")
int xchg_use(void* c) {
    struct elem* e = FIRST(em, struct elem);
    void *p = (void*)NEW_PERCPU(struct val), *q;
    if (!p) return 0;
    q = bpf_kptr_xchg(&e->pc, p);
    if (q) DROP_PERCPU(q);
    struct val* v = bpf_this_cpu_ptr(p);
    v->a = 2;
    return v->b;
}

ACCEPTED
SEC("tc")
int load_use(void* c) {
    struct elem* e = FIRST(em, struct elem);
    struct val* p = (void*)e->pc;
    if (!p) return 0;
    struct val* v = bpf_per_cpu_ptr(p, 0);
    v->a = 2;
    return v->b;
}

ACCEPTED
SEC("tc")
int load_use_chk(void* c) {
    struct elem* e = FIRST(em, struct elem);
    struct val* p = (void*)e->pc;
    if (!p) return 0;
    struct val* v = bpf_per_cpu_ptr(p, 0);
    if (!v) return 0;
    v->a = 2;
    return v->b;
}

REJECTED(
    "R1 type=percpu_rcu_ptr_or_null_ expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_")
SEC("tc")
int load_unchecked(void* c) {
    struct elem* e = FIRST(em, struct elem);
    struct val* p = (void*)e->pc;
    struct val* v = bpf_per_cpu_ptr(p, 0);
    if (!v) return 0;
    v->a = 2;
    return v->b;
}

REJECTED("access beyond struct val at off 16 size 8")
SEC("tc")
int load_oob(void* c) {
    struct elem* e = FIRST(em, struct elem);
    struct val* p = (void*)e->pc;
    if (!p) return 0;
    struct val* v = bpf_this_cpu_ptr(p);
    return ((volatile long*)v)[2];
}

REJECTED("invalid kptr access, R2 type=percpu_ptr_ expected=ptr_val")
SEC("tc")
int xchg_wrong(void* c) {
    struct elem* e = FIRST(em, struct elem);
    void* p = (void*)NEW_PERCPU(struct val);
    if (!p) return 0;
    p = bpf_kptr_xchg(&e->one, p);
    if (p) DROP(p);
    return 0;
}

ONLY_WE_REJECT("invalid kptr access, R2 type=ptr_ expected=ptr_val")
SEC("tc")
int xchg_wrong2(void* c) {
    struct elem* e = FIRST(em, struct elem);
    void* p = NEW(struct val);
    if (!p) return 0;
    p = bpf_kptr_xchg(&e->pc, p);
    if (p) DROP_PERCPU(p);
    return 0;
}

REJECTED("R1 type=untrusted_ptr_ expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_")
SEC("syscall")
int sleepable_load(void* c) {
    struct elem* e = FIRST(em, struct elem);
    struct val* p = (void*)e->pc;
    if (!p) return 0;
    struct val* v = bpf_this_cpu_ptr(p);
    v->a = 2;
    return v->b;
}

ACCEPTED
SEC("syscall")
int sleepable_rcu(void* c) {
    struct elem* e = FIRST(em, struct elem);
    bpf_rcu_read_lock();
    struct val* p = (void*)e->pc;
    if (!p) {
        bpf_rcu_read_unlock();
        return 0;
    }
    struct val* v = bpf_this_cpu_ptr(p);
    v->a = 2;
    bpf_rcu_read_unlock();
    return 0;
}

REJECTED("verifier bug: ref_obj_id for allocated object must be non-zero")
SEC("syscall")
int sleepable_rcu_after(void* c) {
    struct elem* e = FIRST(em, struct elem);
    bpf_rcu_read_lock();
    struct val* p = (void*)e->pc;
    if (!p) {
        bpf_rcu_read_unlock();
        return 0;
    }
    struct val* v = bpf_this_cpu_ptr(p);
    v->a = 2;
    bpf_rcu_read_unlock();
    return v->a;
}

ACCEPTED
SEC("tc")
int local_kptr(void* c) {
    struct outer* o = NEW(struct outer);
    if (!o) return 0;
    struct val* v = NEW(struct val);
    if (!v) {
        DROP(o);
        return 0;
    }
    v = bpf_kptr_xchg(&o->in, v);
    if (v) DROP(v);
    DROP(o);
    return 0;
}

ACCEPTED
SEC("tc")
int local_pkptr(void* c) {
    struct outer* o = NEW(struct outer);
    if (!o) return 0;
    void* v = (void*)NEW_PERCPU(struct val);
    if (!v) {
        DROP(o);
        return 0;
    }
    v = bpf_kptr_xchg(&o->pin, v);
    if (v) DROP_PERCPU(v);
    DROP(o);
    return 0;
}

REJECTED("off=0 doesn't point to kptr")
SEC("tc")
int local_kptr_wrong(void* c) {
    struct outer* o = NEW(struct outer);
    if (!o) return 0;
    struct val* v = NEW(struct val);
    if (!v) {
        DROP(o);
        return 0;
    }
    v = bpf_kptr_xchg((void*)&o->x, v);
    if (v) DROP(v);
    DROP(o);
    return 0;
}

REJECTED("R1 has no valid kptr")
SEC("tc")
int local_kptr_none(void* c) {
    struct val* o = NEW(struct val);
    if (!o) return 0;
    struct val* v = NEW(struct val);
    if (!v) {
        DROP(o);
        return 0;
    }
    v = bpf_kptr_xchg((void*)&o->a, v);
    if (v) DROP(v);
    DROP(o);
    return 0;
}

REJECTED("direct access to kptr is disallowed")
SEC("tc")
int local_kptr_read(void* c) {
    struct outer* o = NEW(struct outer);
    if (!o) return 0;
    long r = (long)o->in;
    DROP(o);
    return r;
}

ACCEPTED
SEC("tc")
int local_kptr_null(void* c) {
    struct outer* o = NEW(struct outer);
    if (!o) return 0;
    struct val* v = bpf_kptr_xchg(&o->in, 0);
    if (v) DROP(v);
    DROP(o);
    return 0;
}

REJECTED("local 'kptr' has no valid bpf_res_spin_lock")
SEC("tc")
int obj_rl(void* c) {
    struct rl_obj* o = NEW(struct rl_obj);
    if (!o) return 0;
    if (!bpf_res_spin_lock(&o->l)) bpf_res_spin_unlock(&o->l);
    DROP(o);
    return 0;
}

REJECTED("local 'kptr' has no valid bpf_res_spin_lock")
SEC("tc")
int obj_rl_drop(void* c) {
    struct rl_obj* o = NEW(struct rl_obj);
    if (!o) return 0;
    if (!bpf_res_spin_lock(&o->l)) {
        DROP(o);
        return 0;
    }
    DROP(o);
    return 0;
}

ACCEPTED
SEC("tc")
int list_rl(void* c) {
    struct rhead* h = FIRST(hm, struct rhead);
    struct mynode* n = NEW(struct mynode);
    if (!n) return 0;
    if (bpf_res_spin_lock(&h->l)) {
        DROP(n);
        return 0;
    }
    bpf_list_push_front_impl(&h->h, &n->n, 0, 0);
    bpf_res_spin_unlock(&h->l);
    return 0;
}

REJECTED("bpf_spin_lock at off=-22 must be held for bpf_list_head")
SEC("tc")
int list_rl_unlocked(void* c) {
    struct rhead* h = FIRST(hm, struct rhead);
    struct mynode* n = NEW(struct mynode);
    if (!n) return 0;
    bpf_list_push_front_impl(&h->h, &n->n, 0, 0);
    return 0;
}

ACCEPTED
SEC("tc")
int obj_rl2(void* c) {
    struct rl_obj2* o = NEW(struct rl_obj2);
    if (!o) return 0;
    if (!bpf_res_spin_lock(&o->l)) bpf_res_spin_unlock(&o->l);
    DROP(o);
    return 0;
}

REJECTED("function calls are not allowed while holding a lock")
SEC("tc")
int obj_rl2_drop(void* c) {
    struct rl_obj2* o = NEW(struct rl_obj2);
    if (!o) return 0;
    if (!bpf_res_spin_lock(&o->l)) {
        DROP(o);
        return 0;
    }
    DROP(o);
    return 0;
}

ACCEPTED
SEC("tc")
int obj_rl_read(void* c) {
    struct rl_obj* o = NEW(struct rl_obj);
    if (!o) return 0;
    long r = *(volatile int*)&o->l;
    DROP(o);
    return r;
}

REJECTED("direct access to bpf_res_spin_lock is disallowed")
SEC("tc")
int obj_rl2_read(void* c) {
    struct rl_obj2* o = NEW(struct rl_obj2);
    if (!o) return 0;
    long r = *(volatile int*)&o->l;
    DROP(o);
    return r;
}

ACCEPTED
SEC("tc")
int nest_read(void* c) {
    struct nest* o = NEW(struct nest);
    if (!o) return 0;
    long r = *(volatile int*)&o->in.l;
    DROP(o);
    return r;
}

REJECTED("cannot access ptr member k with moff 16 in struct arrk with off 16 size 4")
SEC("tc")
int arrk_read(void* c) {
    struct arrk* o = NEW(struct arrk);
    if (!o) return 0;
    long r = *(volatile int*)&o->k[1];
    DROP(o);
    return r;
}

REJECTED("R1 has no valid kptr")
SEC("tc")
int arrk_x(void* c) {
    struct arrk* o = NEW(struct arrk);
    if (!o) return 0;
    void* v = bpf_kptr_xchg(&o->k[1], 0);
    if (v) DROP(v);
    DROP(o);
    return 0;
}

ACCEPTED
SEC("tc")
int tim_read(void* c) {
    struct tim* o = NEW(struct tim);
    if (!o) return 0;
    long r = *(volatile int*)&o->t;
    DROP(o);
    return r;
}

REJECTED("kptr access size must be BPF_DW")
SEC("tc")
int part_of_kptr(void* c) {
    struct elem* e = FIRST(em, struct elem);
    return *(volatile int*)&e->one;
}

REJECTED("percpu_kptr access size must be BPF_DW")
SEC("tc")
int part_of_percpu_kptr(void* c) {
    struct elem* e = FIRST(em, struct elem);
    return *(volatile int*)&e->pc;
}

REJECTED("percpu_kptr cannot be accessed indirectly by helper")
SEC("tc")
int kptr_by_helper(void* c) {
    struct elem* e = FIRST(em, struct elem);
    return bpf_probe_read_kernel(&e->pc, 8, (void*)8);
}

REJECTED("kptr in map can only be accessed using BPF_MEM instruction mode")
SEC("tc")
int atomic_on_kptr(void* c) {
    struct elem* e = FIRST(em, struct elem);
    __sync_fetch_and_add((long*)&e->one, 1);
    return 0;
}
