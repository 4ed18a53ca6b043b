// Objects that a program allocates, in lists, trees and map values.
//! covers: kfunc bpf_obj_new_impl
//! covers: kfunc bpf_obj_drop_impl
//! covers: kfunc bpf_refcount_acquire_impl
//! covers: kfunc bpf_list_push_front_impl
//! covers: kfunc bpf_list_push_back_impl
//! covers: kfunc bpf_list_pop_front
//! covers: kfunc bpf_list_pop_back
//! covers: kfunc bpf_list_front
//! covers: kfunc bpf_list_back
//! covers: kfunc bpf_rbtree_add_impl
//! covers: kfunc bpf_rbtree_remove
//! covers: kfunc bpf_rbtree_first
//! covers: kfunc bpf_rbtree_root
//! covers: kfunc bpf_rbtree_left
//! covers: kfunc bpf_rbtree_right
//! covers: helper kptr_xchg
//! since: 6.16
#include "case.h"

#include <bpf/bpf_core_read.h>

#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
struct bpf_list_head {
    __u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
    __u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_rb_root {
    __u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
    __u64 opaque[4];
} __attribute__((aligned(8)));
struct bpf_refcount {
    __u32 opaque[1];
} __attribute__((aligned(4)));
#endif

extern void* bpf_obj_new_impl(__u64 type, void* meta) __ksym;
extern void bpf_obj_drop_impl(void* object, void* meta) __ksym;
extern void* bpf_refcount_acquire_impl(void* object, void* meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head* head, struct bpf_list_node* node,
                                    void* meta, __u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head* head, struct bpf_list_node* node,
                                   void* meta, __u64 off) __ksym;
extern struct bpf_list_node* bpf_list_pop_front(struct bpf_list_head* head) __ksym;
extern struct bpf_list_node* bpf_list_pop_back(struct bpf_list_head* head) __ksym;
extern struct bpf_list_node* bpf_list_front(struct bpf_list_head* head) __ksym;
extern struct bpf_list_node* bpf_list_back(struct bpf_list_head* head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root* root, struct bpf_rb_node* node,
                               _Bool (*less)(struct bpf_rb_node* a, const struct bpf_rb_node* b),
                               void* meta, __u64 off) __ksym;
extern struct bpf_rb_node* bpf_rbtree_remove(struct bpf_rb_root* root,
                                             struct bpf_rb_node* node) __ksym;
extern struct bpf_rb_node* bpf_rbtree_first(struct bpf_rb_root* root) __ksym;
extern struct bpf_rb_node* bpf_rbtree_root(struct bpf_rb_root* root) __ksym;
extern struct bpf_rb_node* bpf_rbtree_left(struct bpf_rb_root* root,
                                           struct bpf_rb_node* node) __ksym;
extern struct bpf_rb_node* bpf_rbtree_right(struct bpf_rb_root* root,
                                            struct bpf_rb_node* node) __ksym;

#define new_object(type) ((type*)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define drop(object) bpf_obj_drop_impl(object, 0)

struct item {
    long number;
    struct bpf_list_node node;
};

struct leaf {
    struct bpf_rb_node node;
    long number;
    struct bpf_list_node in_list;
    struct bpf_refcount owners;
};

#define private(name) SEC(".data." #name) __attribute__((aligned(8)))
private(A) struct bpf_spin_lock list_lock;
private(A) struct bpf_list_head list __contains(item, node);
private(B) struct bpf_spin_lock tree_lock;
private(B) struct bpf_rb_root tree __contains(leaf, node);
private(B) struct bpf_list_head leaves __contains(leaf, in_list);

static int push(long number, int front) {
    struct item* item = new_object(struct item);
    if (!item) return -1;
    item->number = number;
    bpf_spin_lock(&list_lock);
    int result = front ? bpf_list_push_front_impl(&list, &item->node, 0, 0)
                       : bpf_list_push_back_impl(&list, &item->node, 0, 0);
    bpf_spin_unlock(&list_lock);
    return result;
}

static long pop(int front) {
    bpf_spin_lock(&list_lock);
    struct bpf_list_node* node = front ? bpf_list_pop_front(&list) : bpf_list_pop_back(&list);
    bpf_spin_unlock(&list_lock);
    if (!node) return -1;
    struct item* item = container_of(node, struct item, node);
    long number = item->number;
    drop(item);
    return number;
}

//! test: a list has two ends
//! run: --prog ends
//! expect: seen = {0, 0, 0, 1, 2, 3, -1, 0}
SEC("tc")
int ends(struct __sk_buff* skb) {
    SEE(0, push(2, 0));
    SEE(1, push(3, 0));
    SEE(2, push(1, 1));
    SEE(3, pop(1));
    push(4, 0);
    pop(0);
    SEE(5, pop(0));
    SEE(4, pop(1));
    SEE(6, pop(1));
    return 0;
}

//! test: an object begins as zeros, also where another one was
//! run: --prog zeros
//! expect: seen = {[0 ... 7] = 0}
SEC("tc")
int zeros(struct __sk_buff* skb) {
    struct item* first = new_object(struct item);
    if (!first) return 1;
    SEE(0, first->number);
    first->number = 9;
    drop(first);
    struct item* second = new_object(struct item);
    if (!second) return 1;
    SEE(1, second->number);
    drop(second);
    return 0;
}

//! test: the ends of a list are looked at without being taken
//! run: --prog look
//! expect: seen = {1, 1, 5, 6, [4 ... 7] = 0}
SEC("tc")
int look(struct __sk_buff* skb) {
    bpf_spin_lock(&list_lock);
    SEE(0, bpf_list_front(&list) == 0);
    SEE(1, bpf_list_back(&list) == 0);
    bpf_spin_unlock(&list_lock);
    push(5, 0);
    push(6, 0);
    bpf_spin_lock(&list_lock);
    struct bpf_list_node* node = bpf_list_front(&list);
    if (node) SEE(2, container_of(node, struct item, node)->number);
    node = bpf_list_back(&list);
    if (node) SEE(3, container_of(node, struct item, node)->number);
    bpf_spin_unlock(&list_lock);
    return 0;
}

static _Bool less(struct bpf_rb_node* a, const struct bpf_rb_node* b) {
    return container_of(a, struct leaf, node)->number < container_of(b, struct leaf, node)->number;
}

static int plant(long number) {
    struct leaf* leaf = new_object(struct leaf);
    if (!leaf) return -1;
    leaf->number = number;
    bpf_spin_lock(&tree_lock);
    int result = bpf_rbtree_add_impl(&tree, &leaf->node, less, 0, 0);
    bpf_spin_unlock(&tree_lock);
    return result;
}

#define NUMBER(from) container_of(from, struct leaf, node)->number

/// Numbers at the top of the tree: itself, and its children and theirs to the left and to the
/// right.
static void shape(void) {
    bpf_spin_lock(&tree_lock);
    struct bpf_rb_node* top = bpf_rbtree_root(&tree);
    if (!top) goto out;
    SEE(0, NUMBER(top));
    struct bpf_rb_node* left = bpf_rbtree_left(&tree, top);
    struct bpf_rb_node* right = bpf_rbtree_right(&tree, top);
    if (left) {
        SEE(1, NUMBER(left));
        struct bpf_rb_node* below = bpf_rbtree_left(&tree, left);
        if (below) SEE(3, NUMBER(below));
        below = bpf_rbtree_right(&tree, left);
        if (below) SEE(4, NUMBER(below));
    }
    if (right) {
        SEE(2, NUMBER(right));
        struct bpf_rb_node* below = bpf_rbtree_left(&tree, right);
        if (below) SEE(5, NUMBER(below));
        below = bpf_rbtree_right(&tree, right);
        if (below) SEE(6, NUMBER(below));
    }
    struct bpf_rb_node* first = bpf_rbtree_first(&tree);
    if (first) SEE(7, NUMBER(first));
out:
    bpf_spin_unlock(&tree_lock);
}

static void cut(int top) {
    bpf_spin_lock(&tree_lock);
    struct bpf_rb_node* node = top ? bpf_rbtree_root(&tree) : bpf_rbtree_first(&tree);
    if (node) node = bpf_rbtree_remove(&tree, node);
    bpf_spin_unlock(&tree_lock);
    if (node) drop(container_of(node, struct leaf, node));
}

//! test: a tree has the shape that the kernel gives it
//! run: --prog grow
//! expect: seen = {6, 2, 9, 1, 4, 7, 0, 1}
SEC("tc")
int grow(struct __sk_buff* skb) {
    plant(6);
    plant(2);
    plant(9);
    plant(1);
    plant(4);
    plant(7);
    plant(3);
    shape();
    return 0;
}

//! test: a tree that loses nodes keeps its balance
//! run: --prog shrink
//! expect: seen = {60, 20, 70, 0, 30, 0, 80, 20}
SEC("tc")
int shrink(struct __sk_buff* skb) {
    plant(10), plant(20), plant(30), plant(40), plant(50), plant(60), plant(70), plant(80);
    cut(1);
    cut(0);
    cut(1);
    shape();
    return 0;
}

//! test: an object is in a list and in a tree, which both own it, and in each once
//! run: --prog shared
//! expect: seen = {0, 0, -22, 7, 7, 1, 0, 0}
SEC("tc")
int shared(struct __sk_buff* skb) {
    struct leaf* leaf = new_object(struct leaf);
    if (!leaf) return 1;
    leaf->number = 7;
    struct leaf* again = bpf_refcount_acquire_impl(leaf, 0);
    if (!again) {
        drop(leaf);
        return 2;
    }
    struct leaf* third = bpf_refcount_acquire_impl(leaf, 0);
    if (!third) {
        drop(leaf);
        drop(again);
        return 3;
    }
    bpf_spin_lock(&tree_lock);
    SEE_INT(0, bpf_rbtree_add_impl(&tree, &leaf->node, less, 0, 0));
    SEE_INT(1, bpf_list_push_back_impl(&leaves, &again->in_list, 0, 0));
    SEE_INT(2, bpf_rbtree_add_impl(&tree, &third->node, less, 0, 0));
    struct bpf_list_node* node = bpf_list_pop_front(&leaves);
    struct bpf_rb_node* first = bpf_rbtree_first(&tree);
    if (first) first = bpf_rbtree_remove(&tree, first);
    bpf_spin_unlock(&tree_lock);
    if (node) {
        struct leaf* found = container_of(node, struct leaf, in_list);
        SEE(3, found->number);
        drop(found);
    }
    if (first) {
        struct leaf* found = container_of(first, struct leaf, node);
        SEE(4, found->number);
        drop(found);
    }
    SEE(5, first != 0);
    return 0;
}

struct slot {
    struct item __kptr* item;
    long beside;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, struct slot);
} slots SEC(".maps");

//! test: a map value owns an object until it is taken or the element goes
//! run: --prog kept --set slots 5 '{.beside = 1}'
//! expect: seen = {1, 8, 1, 2, 1, 0, 0, 0}
SEC("tc")
int kept(struct __sk_buff* skb) {
    __u32 key = 5;
    struct slot* slot = bpf_map_lookup_elem(&slots, &key);
    struct item* item = new_object(struct item);
    if (!item) return 1;
    if (!slot) {
        drop(item);
        return 2;
    }
    item->number = 8;
    struct item* old = bpf_kptr_xchg(&slot->item, item);
    SEE(0, old == 0);
    if (old) drop(old);
    old = bpf_kptr_xchg(&slot->item, 0);
    if (old) {
        SEE(1, old->number);
        old = bpf_kptr_xchg(&slot->item, old);
        if (old) drop(old);
    }
    struct slot other = {.beside = 2};
    SEE(2, bpf_map_update_elem(&slots, &key, &other, BPF_EXIST) == 0);
    slot = bpf_map_lookup_elem(&slots, &key);
    if (!slot) return 3;
    SEE(3, slot->beside);
    old = bpf_kptr_xchg(&slot->item, 0);
    SEE(4, old == 0);
    if (old) drop(old);
    return 0;
}
