// Timers in map values: they call back when the program has ended.
//! covers: helper timer_init
//! covers: helper timer_set_callback
//! covers: helper timer_start
//! covers: helper timer_cancel
//! since: 5.15
#include "case.h"

#define CLOCK_MONOTONIC 1

struct element {
    struct bpf_timer timer;
    __u64 calls;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 3);
    __type(key, __u32);
    __type(value, struct element);
} some SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 3);
    __type(key, __u64);
    __type(value, struct element);
} named SEC(".maps");

static int note(void* map, __u32* key, struct element* element) {
    SEE(*key & 3, ++element->calls);
    SEE(6, map == &some);
    return 0;
}

static __always_inline void begin(__u32 key, __u64 nanoseconds) {
    struct element* element = bpf_map_lookup_elem(&some, &key);
    if (!element) return;
    bpf_timer_init(&element->timer, &some, CLOCK_MONOTONIC);
    bpf_timer_set_callback(&element->timer, note);
    bpf_timer_start(&element->timer, nanoseconds, 0);
}

//! test: what is due calls back with its key and value, the rest waits
//! run: --prog start --elapse 200000000
//! expect: seen = {0, 1, 1, 0, 0, 0, 1, 0}
SEC("tc")
int start(struct __sk_buff* ctx) {
    begin(1, 2000);
    begin(2, 1000);
    begin(0, 3600000000000);
    return 0;
}

static int again(void* map, __u64* key, struct element* element) {
    SEE(0, ++element->calls);
    SEE(1, *key);
    SEE_INT(2, bpf_timer_cancel(&element->timer));
    if (element->calls < 4) bpf_timer_start(&element->timer, 1000, 0);
    return 0;
}

//! test: a callback starts its timer again, and cannot cancel it
//! run: --prog repeat --elapse 200000000
//! expect: seen = {4, 77, -35, [3 ... 7] = 0}
SEC("tc")
int repeat(struct __sk_buff* ctx) {
    const __u64 key = 77;
    const struct element fresh = {};
    bpf_map_update_elem(&named, &key, &fresh, 0);
    struct element* element = bpf_map_lookup_elem(&named, &key);
    if (!element) return 1;
    bpf_timer_init(&element->timer, &named, CLOCK_MONOTONIC);
    bpf_timer_set_callback(&element->timer, again);
    bpf_timer_start(&element->timer, 1000, 0);
    return 0;
}

static __always_inline struct element* soon(__u64 key) {
    const struct element fresh = {};
    bpf_map_update_elem(&named, &key, &fresh, 0);
    struct element* element = bpf_map_lookup_elem(&named, &key);
    if (!element) return 0;
    bpf_timer_init(&element->timer, &named, CLOCK_MONOTONIC);
    bpf_timer_set_callback(&element->timer, again);
    bpf_timer_start(&element->timer, 50000000, 0);
    return element;
}

//! test: a timer ends with its element, and when it is cancelled
//! run: --prog ended --elapse 200000000
//! expect: seen = {1, [1 ... 7] = 0}
SEC("tc")
int ended(struct __sk_buff* ctx) {
    const __u64 deleted = 1;
    soon(deleted);
    bpf_map_delete_elem(&named, &deleted);
    struct element* cancelled = soon(2);
    if (!cancelled) return 1;
    SEE_INT(0, bpf_timer_cancel(&cancelled->timer));
    SEE_INT(1, bpf_timer_cancel(&cancelled->timer));
    return 0;
}

//! test: what there is not: clocks, flags, a timer, its callback
//! run: --prog refused
//! expect: seen = {[0 ... 3] = -22, 0, -16, -22, -22}
SEC("tc")
int refused(struct __sk_buff* ctx) {
    const __u32 key = 0;
    struct element* element = bpf_map_lookup_elem(&some, &key);
    if (!element) return 1;
    SEE_INT(0, bpf_timer_set_callback(&element->timer, note));
    SEE_INT(1, bpf_timer_start(&element->timer, 1, 0));
    SEE_INT(2, bpf_timer_cancel(&element->timer));
    SEE_INT(3, bpf_timer_init(&element->timer, &some, 2));
    SEE_INT(4, bpf_timer_init(&element->timer, &some, CLOCK_MONOTONIC));
    SEE_INT(5, bpf_timer_init(&element->timer, &some, CLOCK_MONOTONIC));
    SEE_INT(6, bpf_timer_start(&element->timer, 1, 0));
    SEE_INT(7, bpf_timer_start(&element->timer, 1, 4));
    return 0;
}
