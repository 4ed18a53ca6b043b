// Dynptrs: of packets, smaller ones, copies, and bytes set.
//! covers: kfunc bpf_dynptr_from_skb
//! covers: kfunc bpf_dynptr_from_xdp
//! covers: kfunc bpf_dynptr_slice
//! covers: kfunc bpf_dynptr_slice_rdwr
//! covers: kfunc bpf_dynptr_adjust
//! covers: kfunc bpf_dynptr_is_null
//! covers: kfunc bpf_dynptr_is_rdonly
//! covers: kfunc bpf_dynptr_size
//! covers: kfunc bpf_dynptr_clone
//! covers: kfunc bpf_dynptr_copy
//! covers: kfunc bpf_dynptr_memset
//! since: 6.17
#include "case.h"

extern int bpf_dynptr_from_skb(struct __sk_buff* skb, __u64 flags,
                               struct bpf_dynptr* pointer) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md* xdp, __u64 flags, struct bpf_dynptr* pointer) __ksym;
extern void* bpf_dynptr_slice(const struct bpf_dynptr* pointer, __u32 offset, void* buffer,
                              __u32 size) __ksym;
extern void* bpf_dynptr_slice_rdwr(const struct bpf_dynptr* pointer, __u32 offset, void* buffer,
                                   __u32 size) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr* pointer, __u32 start, __u32 end) __ksym;
extern _Bool bpf_dynptr_is_null(const struct bpf_dynptr* pointer) __ksym;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr* pointer) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr* pointer) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr* pointer, struct bpf_dynptr* clone) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr* to, __u32 to_offset, struct bpf_dynptr* from,
                           __u32 from_offset, __u32 size) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr* pointer, __u32 offset, __u32 size,
                             __u8 value) __ksym;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64[4]);
} memory SEC(".maps");

//! test: a packet's bytes are read and written
//! run: --prog packet --packet hex:000102030405060708090a0b0800450000140000000040000000000000000000000000
//! expect: + 0000  aa 01 02 bb 04 05 06 07 08 09 0a 0b 08 00 45 00  ..............E.
//! expect: seen = {0, 35, 0, 50462976, 1284, 0, 0, -7}
SEC("tc")
int packet(struct __sk_buff* skb) {
    struct bpf_dynptr pointer;
    __u8 one = 0xbb, buffer[4];
    __u16 two = 0;
    SEE_INT(0, bpf_dynptr_from_skb(skb, 0, &pointer));
    SEE(1, bpf_dynptr_size(&pointer));
    SEE(2, bpf_dynptr_is_rdonly(&pointer));
    const __u32* word = bpf_dynptr_slice(&pointer, 0, buffer, sizeof(buffer));
    if (word) SEE(3, *word);
    bpf_dynptr_read(&two, sizeof(two), &pointer, 4, 0);
    SEE(4, two);
    SEE_INT(5, bpf_dynptr_write(&pointer, 3, &one, 1, 0));
    __u8* first = bpf_dynptr_slice_rdwr(&pointer, 0, buffer, 1);
    if (first) *first = 0xaa;
    SEE(6, bpf_dynptr_data(&pointer, 0, 1) != 0);
    SEE_INT(7, bpf_dynptr_write(&pointer, 35, &one, 1, 0));
    return 0;
}

//! test: a program that may only read its packet gets a dynptr to read
//! run: --prog reader --packet hex:000102030405060708090a0b0800450000140000000040000000000000000000000000
//! expect: seen = {0, 1, -22, 69, 1, -22, -22, 1}
SEC("socket")
int reader(struct __sk_buff* skb) {
    struct bpf_dynptr pointer, other;
    __u8 buffer[1] = {};
    SEE_INT(0, bpf_dynptr_from_skb(skb, 0, &pointer));
    SEE(1, bpf_dynptr_is_rdonly(&pointer));
    SEE_INT(2, bpf_dynptr_write(&pointer, 0, buffer, 1, 0));
    const __u8* first = bpf_dynptr_slice(&pointer, 0, buffer, sizeof(buffer));
    if (first) SEE(3, *first);
    SEE(4, bpf_dynptr_slice(&pointer, bpf_dynptr_size(&pointer), buffer, sizeof(buffer)) == 0);
    SEE_INT(5, bpf_dynptr_memset(&pointer, 0, 1, 1));
    SEE_INT(6, bpf_dynptr_from_skb(skb, 1, &other));
    SEE(7, bpf_dynptr_is_null(&other));
    return 0;
}

//! test: an XDP packet
//! run: --prog frame --packet hex:000102030405060708090a0b0800
//! expect: + 0000  00 01 02 03 04 05 06 07 08 77 0a 0b 08 00        .........w....
//! expect: seen = {0, 14, 2312, -22, 0, 0, -7, 0}
SEC("xdp")
int frame(struct xdp_md* ctx) {
    struct bpf_dynptr pointer;
    __u8 buffer[2] = {0x77, 0};
    __u16 two = 0;
    SEE_INT(0, bpf_dynptr_from_xdp(ctx, 0, &pointer));
    SEE(1, bpf_dynptr_size(&pointer));
    bpf_dynptr_read(&two, sizeof(two), &pointer, 8, 0);
    SEE(2, two);
    SEE_INT(3, bpf_dynptr_write(&pointer, 9, buffer, 1, 1));
    SEE_INT(4, bpf_dynptr_write(&pointer, 9, buffer, 1, 0));
    SEE(5, bpf_dynptr_is_rdonly(&pointer));
    SEE_INT(6, bpf_dynptr_read(&two, sizeof(two), &pointer, 13, 0));
    return XDP_PASS;
}

static __u64* place(void) {
    const __u32 first = 0;
    return bpf_map_lookup_elem(&memory, &first);
}

//! test: a dynptr that covers less
//! run: --prog adjust
//! expect: seen = {0, 8, 34, -34, -22, -34, 32, 1}
SEC("tc")
int adjust(struct __sk_buff* skb) {
    struct bpf_dynptr pointer, clone;
    __u64* value = place();
    __u8 byte = 0;
    if (!value) return 1;
    value[1] = 0x3322;
    bpf_dynptr_from_mem(value, 32, 0, &pointer);
    bpf_dynptr_clone(&pointer, &clone);
    SEE_INT(0, bpf_dynptr_adjust(&pointer, 8, 16));
    SEE(1, bpf_dynptr_size(&pointer));
    bpf_dynptr_read(&byte, 1, &pointer, 0, 0);
    SEE(2, byte);
    SEE_INT(3, bpf_dynptr_adjust(&pointer, 0, 9));
    SEE_INT(4, bpf_dynptr_adjust(&pointer, 3, 2));
    SEE_INT(5, bpf_dynptr_adjust(&pointer, 9, 9));
    SEE(6, bpf_dynptr_size(&clone));
    SEE(7, bpf_dynptr_adjust(&clone, 32, 32) == 0 && bpf_dynptr_size(&clone) == 0);
    return 0;
}

//! test: null dynptrs
//! run: --prog null
//! expect: seen = {1, 0, 4294967274, -22, -22, 1, -22, -7}
SEC("tc")
int null(struct __sk_buff* skb) {
    struct bpf_dynptr pointer, clone, good;
    __u64* value = place();
    if (!value) return 1;
    bpf_dynptr_from_mem(value, 32, 1, &pointer);
    bpf_dynptr_from_mem(value, 32, 0, &good);
    SEE(0, bpf_dynptr_is_null(&pointer));
    SEE(1, bpf_dynptr_is_rdonly(&pointer));
    SEE(2, bpf_dynptr_size(&pointer));
    SEE_INT(3, bpf_dynptr_adjust(&pointer, 0, 0));
    SEE_INT(4, bpf_dynptr_clone(&pointer, &clone));
    SEE(5, bpf_dynptr_is_null(&clone));
    SEE_INT(6, bpf_dynptr_copy(&good, 0, &pointer, 0, 1));
    SEE_INT(7, bpf_dynptr_memset(&pointer, 0, 1, 0));
    return 0;
}

//! test: from one to the other, and bytes set
//! run: --prog copies --packet hex:000102030405060708090a0b0800450000140000000040000000000000000000000000
//! expect: + 0000  00 01 02 03 04 77 77 03 08 09 0a 0b 08 00 45 00  .....ww.......E.
//! expect: seen = {0, 8608480565777268992, -7, -7, 0, 0, 119, -7}
SEC("tc")
int copies(struct __sk_buff* skb) {
    struct bpf_dynptr packet, local;
    __u64* value = place();
    if (!value) return 1;
    bpf_dynptr_from_mem(value, 32, 0, &local);
    bpf_dynptr_from_skb(skb, 0, &packet);
    SEE_INT(4, bpf_dynptr_memset(&local, 0, 32, 0x77));
    SEE_INT(0, bpf_dynptr_copy(&local, 0, &packet, 0, 4));
    SEE(1, value[0]);
    SEE_INT(2, bpf_dynptr_copy(&local, 31, &packet, 0, 4));
    SEE_INT(3, bpf_dynptr_copy(&local, 0, &packet, 32, 4));
    SEE_INT(5, bpf_dynptr_copy(&packet, 5, &local, 30, 2));
    SEE_INT(7, bpf_dynptr_memset(&local, 30, 3, 1));
    bpf_dynptr_copy(&packet, 7, &packet, 3, 1);
    SEE(6, ((__u8*)value)[31]);
    return 0;
}
