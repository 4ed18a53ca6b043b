// Memory whose size is known when the program runs.
//! covers: helper dynptr_from_mem
//! covers: helper dynptr_read
//! covers: helper dynptr_write
//! covers: helper dynptr_data
//! covers: helper ringbuf_reserve_dynptr
//! covers: helper ringbuf_submit_dynptr
//! covers: helper ringbuf_discard_dynptr
//! since: 5.19
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64[4]);
} memory SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

//! test: bytes go in and come out; ranges outside and flags are refused
//! run: --prog both
//! expect: seen = {0, 0, 506097522914230528, -7, -7, -22, -22, 256}
SEC("tc")
int both(struct __sk_buff* skb) {
    struct bpf_dynptr pointer;
    const __u32 first = 0;
    __u64 word = 0x0706050403020100, out = 0;
    __u64* value = bpf_map_lookup_elem(&memory, &first);
    if (!value) return 1;
    if (bpf_dynptr_from_mem(value, 32, 0, &pointer)) return 2;
    SEE_INT(0, bpf_dynptr_write(&pointer, 3, &word, sizeof(word), 0));
    SEE_INT(1, bpf_dynptr_read(&out, sizeof(out), &pointer, 3, 0));
    SEE(2, out);
    SEE_INT(3, bpf_dynptr_read(&out, sizeof(out), &pointer, 25, 0));
    SEE_INT(4, bpf_dynptr_write(&pointer, 0xfffffffc, &word, sizeof(word), 0));
    SEE_INT(5, bpf_dynptr_read(&out, sizeof(out), &pointer, 0, 1));
    SEE_INT(6, bpf_dynptr_write(&pointer, 0, &word, sizeof(word), 1));
    __u16* part = bpf_dynptr_data(&pointer, 3, sizeof(*part));
    if (part) SEE(7, *part);
    return 0;
}

//! test: flags, and what a null dynptr answers
//! run: --prog null
//! expect: seen = {-22, -22, -22, 1, [4 ... 7] = 0}
SEC("tc")
int null(struct __sk_buff* skb) {
    struct bpf_dynptr pointer;
    const __u32 first = 0;
    __u64 word = 0;
    __u64* value = bpf_map_lookup_elem(&memory, &first);
    if (!value) return 1;
    SEE_INT(0, bpf_dynptr_from_mem(value, 32, 1, &pointer));
    SEE_INT(1, bpf_dynptr_read(&word, sizeof(word), &pointer, 0, 0));
    SEE_INT(2, bpf_dynptr_write(&pointer, 0, &word, sizeof(word), 0));
    SEE(3, bpf_dynptr_data(&pointer, 0, 8) == 0);
    return 0;
}

//! test: there is no part outside, and one of no bytes at the end
//! run: --prog parts
//! expect: seen = {0, 1, 1, [3 ... 7] = 0}
SEC("tc")
int parts(struct __sk_buff* skb) {
    struct bpf_dynptr pointer;
    const __u32 first = 0;
    __u64* value = bpf_map_lookup_elem(&memory, &first);
    if (!value) return 1;
    if (bpf_dynptr_from_mem(value, 32, 0, &pointer)) return 2;
    SEE(0, bpf_dynptr_data(&pointer, 0, 32) == 0);
    SEE(1, bpf_dynptr_data(&pointer, 1, 32) == 0);
    SEE(2, bpf_dynptr_data(&pointer, 33, 0) == 0);
    SEE(3, bpf_dynptr_data(&pointer, 32, 0) == 0);
    return 0;
}

//! test: a record of a size that is known late; one that is discarded is not seen
//! run: --prog record --event __u32
//! expect: event ring 5
//! expect: seen = {0, 0, 0, -22, [4 ... 7] = 0}
SEC("tc")
int record(struct __sk_buff* skb) {
    struct bpf_dynptr kept, dropped, none;
    __u32 number = 5;
    SEE_INT(0, bpf_ringbuf_reserve_dynptr(&ring, skb->len > 1000 ? 8 : 4, 0, &kept));
    SEE_INT(1, bpf_dynptr_write(&kept, 0, &number, sizeof(number), 0));
    bpf_ringbuf_submit_dynptr(&kept, 0);
    SEE_INT(2, bpf_ringbuf_reserve_dynptr(&ring, 100, 0, &dropped));
    bpf_ringbuf_discard_dynptr(&dropped, 0);
    SEE_INT(3, bpf_ringbuf_reserve_dynptr(&ring, 1, 1, &none));
    bpf_ringbuf_submit_dynptr(&none, 0);
    return 0;
}

//! test: a record that does not fit
//! run: --prog large
//! expect: seen = {-22, -7, -22, [3 ... 7] = 0}
SEC("tc")
int large(struct __sk_buff* skb) {
    struct bpf_dynptr pointer;
    __u32 number = 0;
    SEE_INT(0, bpf_ringbuf_reserve_dynptr(&ring, 4096, 0, &pointer));
    bpf_ringbuf_discard_dynptr(&pointer, 0);
    SEE_INT(1, bpf_ringbuf_reserve_dynptr(&ring, 1 << 24, 0, &pointer));
    SEE_INT(2, bpf_dynptr_write(&pointer, 0, &number, sizeof(number), 0));
    bpf_ringbuf_discard_dynptr(&pointer, 0);
    return 0;
}
