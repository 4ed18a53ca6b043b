// What the programs of this folder need of the kernel: types and constants that its headers have,
// its functions, and the verdict that a program has on it.
#pragma once

#include <linux/types.h>
#include <stdbool.h>

enum { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_RINGBUF = 27, BPF_MAP_TYPE_TASK_STORAGE = 29 };
enum { BPF_F_NO_PREALLOC = 1 };

/// What is in these is of no interest here, only that the kernel knows them as structs.
struct task_struct {
    int pid;
};
struct bpf_map {
    int id;
};
struct xdp_md {
    __u32 data, data_end;
};
struct __sk_buff {
    __u32 len;
};

struct bpf_dynptr {
    __u64 words[2];
};
struct bpf_spin_lock {
    __u32 val;
};
struct bpf_res_spin_lock {
    __u32 val;
};
struct bpf_timer {
    __u64 words[2];
};
struct bpf_wq {
    __u64 words[2];
};
struct bpf_task_work {
    __u64 word;
};
struct bpf_list_head {
    __u64 words[2];
};
struct bpf_list_node {
    __u64 words[3];
};
struct bpf_refcount {
    __u32 words[1];
};

#include <bpf/bpf_helpers.h>

#undef __kptr
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))
#define CONTAINS(type, member) __attribute__((btf_decl_tag("contains:" #type ":" #member)))

/// The verdict on the program that follows.
#define ACCEPTED __attribute__((btf_decl_tag("accepted")))
#define REJECTED(reason) __attribute__((btf_decl_tag("rejected " reason)))
/// Linux 6.18 accepts it (docs/kernel-differences.md).
#define ONLY_WE_REJECT(reason) __attribute__((btf_decl_tag("only we rejected " reason)))

extern int bpf_dynptr_from_skb(struct __sk_buff* s, __u64 flags, struct bpf_dynptr* p) __ksym;
extern int bpf_dynptr_from_skb_meta(struct __sk_buff* s, __u64 flags, struct bpf_dynptr* p) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md* x, __u64 flags, struct bpf_dynptr* p) __ksym;
extern void* bpf_dynptr_slice(const struct bpf_dynptr* p, __u64 off, void* b, __u64 n) __ksym;
extern void* bpf_dynptr_slice_rdwr(const struct bpf_dynptr* p, __u64 off, void* b, __u64 n) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr* d, __u64 doff, struct bpf_dynptr* s, __u64 soff,
                           __u64 n) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr* d, __u64 off, __u64 n, __u8 v) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr* p, struct bpf_dynptr* c) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr* p, __u64 begin, __u64 end) __ksym;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr* p) __ksym;
extern __u64 bpf_dynptr_size(const struct bpf_dynptr* p) __ksym;
extern int bpf_wq_init(struct bpf_wq* wq, void* map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq* wq, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq* wq, int(cb)(void* map, int* key, void* value),
                                    unsigned int flags, void* aux) __ksym;
extern int bpf_task_work_schedule_signal_impl(struct task_struct* task, struct bpf_task_work* tw,
                                              void* map,
                                              int(cb)(struct bpf_map* map, void* key, void* value),
                                              void* aux) __ksym;
extern int bpf_copy_from_user_str(void* dst, __u32 size, const void* from, __u64 flags) __ksym;
extern int bpf_res_spin_lock(struct bpf_res_spin_lock* l) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock* l) __ksym;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock* l, unsigned long* flags) __ksym;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock* l,
                                           unsigned long* flags) __ksym;
extern void bpf_local_irq_save(unsigned long* flags) __ksym;
extern void bpf_local_irq_restore(unsigned long* flags) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void* bpf_obj_new_impl(__u64 type, void* meta) __ksym;
extern void bpf_obj_drop_impl(void* object, void* meta) __ksym;
extern void* bpf_percpu_obj_new_impl(__u64 type, void* meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void* object, void* meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head* head, struct bpf_list_node* node,
                                    void* meta, __u64 off) __ksym;

#define NEW(type) ((type*)bpf_obj_new_impl(__builtin_btf_type_id(*(type*)0, 0), 0))
#define DROP(object) bpf_obj_drop_impl(object, 0)
#define NEW_PERCPU(type) \
    ((type __percpu_kptr*)bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(type*)0, 0), 0))
#define DROP_PERCPU(object) bpf_percpu_obj_drop_impl((void*)(object), 0)

/// A map of one type of values, and the first value of it; a program ends where there is none.
#define ARRAY(name, value_type)           \
    struct {                              \
        __uint(type, BPF_MAP_TYPE_ARRAY); \
        __uint(max_entries, 2);           \
        __type(key, int);                 \
        __type(value, value_type);        \
    } name SEC(".maps")
#define FIRST(map, value_type)                                   \
    ({                                                           \
        int key_ = 0;                                            \
        value_type* value_ = bpf_map_lookup_elem(&(map), &key_); \
        if (!value_) return 0;                                   \
        value_;                                                  \
    })

char _license[] SEC("license") = "GPL";
