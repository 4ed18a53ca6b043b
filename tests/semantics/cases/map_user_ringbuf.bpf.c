// Records from user space.
//! covers: map type user_ringbuf
//! covers: helper user_ringbuf_drain
//! since: 6.1
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

static long add(struct bpf_dynptr* record, void* context) {
    __u16 number = 0;
    if (bpf_dynptr_read(&number, sizeof(number), record, 0, 0) == 0) seen[4] += number;
    __u8* first = bpf_dynptr_data(record, 0, 1);
    if (first) seen[5] += *first;
    return first && *first == 2;
}

//! test: each record once, in order; a record can be empty
//! run: --prog all --set ring - hex:0100 --set ring - hex: --set ring - hex:0301ff
//! expect: seen = {3, 0, 0, 0, 260, 4, 0, 0}
SEC("tc")
int all(struct __sk_buff* skb) {
    SEE(0, bpf_user_ringbuf_drain(&ring, add, NULL, 0));
    SEE(1, bpf_user_ringbuf_drain(&ring, add, NULL, 0));
    return 0;
}

//! test: the callback ends it; the rest stays
//! run: --prog some --set ring - hex:01 --set ring - hex:02 --set ring - hex:04
//! expect: seen = {2, 3, 1, 0, 0, 7, 0, 0}
SEC("tc")
int some(struct __sk_buff* skb) {
    SEE(0, bpf_user_ringbuf_drain(&ring, add, NULL, BPF_RB_NO_WAKEUP));
    SEE(1, seen[5]);
    SEE(2, bpf_user_ringbuf_drain(&ring, add, NULL, BPF_RB_FORCE_WAKEUP));
    return 0;
}

//! test: flags that there are not
//! run: --prog flags --set ring - hex:01
//! expect: seen = {-22, [1 ... 7] = 0}
SEC("tc")
int flags(struct __sk_buff* skb) {
    SEE_INT(0, bpf_user_ringbuf_drain(&ring, add, NULL, 4));
    return 0;
}

static long again(struct bpf_dynptr* record, void* context) {
    SEE_INT(1, bpf_user_ringbuf_drain(&ring, add, NULL, 0));
    return 0;
}

//! test: one reads at a time
//! run: --prog nested --set ring - hex:01
//! expect: seen = {1, -16, [2 ... 7] = 0}
SEC("tc")
int nested(struct __sk_buff* skb) {
    SEE(0, bpf_user_ringbuf_drain(&ring, again, NULL, 0));
    return 0;
}
