// Work queues in map values, which call back when the program has ended, and how many elements a
// map has.
//! covers: kfunc bpf_wq_init
//! covers: kfunc bpf_wq_set_callback_impl
//! covers: kfunc bpf_wq_start
//! covers: kfunc bpf_map_sum_elem_count
//! since: 6.10
#include "case.h"

struct bpf_map {
    __u32 id;
} __attribute__((preserve_access_index));
struct bpf_wq {
    __u64 opaque[2];
};
extern int bpf_wq_init(struct bpf_wq* queue, void* map, unsigned flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq* queue,
                                    int (*callback)(void* map, int* key, void* value),
                                    unsigned flags, void* aux) __ksym;
extern int bpf_wq_start(struct bpf_wq* queue, unsigned flags) __ksym;
extern __s64 bpf_map_sum_elem_count(const struct bpf_map* map) __ksym;

struct element {
    struct bpf_wq work;
    __u64 calls;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8);
    __type(key, __u32);
    __type(value, struct element);
} works SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, __u32);
    __type(value, __u32);
} plain SEC(".maps");

static int note(void* map, int* key, void* value) {
    SEE(0, *key);
    SEE(1, ++((struct element*)value)->calls);
    return 0;
}

//! test: it calls back once, with its key and value
//! run: --prog start --elapse 200000000
//! expect: seen = {5, 1, -16, -22, -22, 0, 0, 0}
SEC("tc")
int start(struct __sk_buff* ctx) {
    const __u32 key = 5;
    const struct element fresh = {};
    bpf_map_update_elem(&works, &key, &fresh, 0);
    struct element* element = bpf_map_lookup_elem(&works, &key);
    if (!element) return 1;
    bpf_wq_init(&element->work, &works, 0);
    SEE_INT(2, bpf_wq_init(&element->work, &works, 0));
    SEE_INT(3, bpf_wq_start(&element->work, 0));
    SEE_INT(4, bpf_wq_init(&element->work, &works, 1));
    SEE_INT(5, bpf_wq_set_callback_impl(&element->work, note, 0, 0));
    bpf_wq_start(&element->work, 0);
    return 0;
}

//! test: elements of a hash map are counted, those of an array are not
//! run: --prog count
//! expect: seen = {0, 2, [2 ... 7] = 0}
SEC("tc")
int count(struct __sk_buff* ctx) {
    const struct element fresh = {};
    __u32 key = 1;
    SEE(0, bpf_map_sum_elem_count((struct bpf_map*)&works));
    bpf_map_update_elem(&works, &key, &fresh, 0);
    key = 2;
    bpf_map_update_elem(&works, &key, &fresh, 0);
    SEE(1, bpf_map_sum_elem_count((struct bpf_map*)&works));
    SEE(2, bpf_map_sum_elem_count((struct bpf_map*)&plain));
    return 0;
}
