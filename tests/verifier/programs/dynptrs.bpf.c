// Dynptrs of packets and records, their parts, and what ends them.
#include "kernel.h"

struct arr {
    __u64 x[16];
};
ARRAY(am, struct arr);
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} rb SEC(".maps");

ACCEPTED
SEC("tc")
int slice_ok(struct __sk_buff* s) {
    struct bpf_dynptr p;
    char b[16];
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, b, sizeof b);
    if (!d) return 0;
    return d[3];
}

ACCEPTED
SEC("tc")
int slice_null(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    return d[3];
}

REJECTED("R8 invalid mem access 'scalar'")
SEC("tc")
int slice_after_pull(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_skb_pull_data(s, 0);
    return d[3];
}

ACCEPTED
SEC("tc")
int slice_after_memset(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_dynptr_memset(&p, 0, 4, 0);
    return d[3];
}

ACCEPTED
SEC("tc")
int slice_after_copy(struct __sk_buff* s) {
    struct bpf_dynptr p, q;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    bpf_dynptr_clone(&p, &q);
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_dynptr_copy(&p, 0, &q, 4, 4);
    return d[3];
}

REJECTED("R7 invalid mem access 'scalar'")
SEC("tc")
int slice_after_write(struct __sk_buff* s) {
    struct bpf_dynptr p;
    char b[4] = {};
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_dynptr_write(&p, 0, b, 4, 0);
    return d[3];
}

ACCEPTED
SEC("tc")
int slice_overwritten(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    *(volatile __u64*)&p = 0;
    return d[3];
}

REJECTED("R0 invalid mem access 'scalar'")
SEC("tc")
int data_overwritten(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_data(&p, 0, 16);
    if (!d) return 0;
    *(volatile __u64*)&p = 0;
    return d[3];
}

ACCEPTED
SEC("tc")
int ring_slice(struct __sk_buff* s) {
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&rb, 64, 0, &p);
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (d) d[3] = 1;
    bpf_ringbuf_submit_dynptr(&p, 0);
    return 0;
}

ACCEPTED
SEC("tc")
int ring_slice_after(struct __sk_buff* s) {
    struct bpf_dynptr p;
    int r = 0;
    bpf_ringbuf_reserve_dynptr(&rb, 64, 0, &p);
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (!d) {
        bpf_ringbuf_discard_dynptr(&p, 0);
        return 0;
    }
    bpf_ringbuf_submit_dynptr(&p, 0);
    d[3] = 1;
    return 0;
}

REJECTED("BPF_EXIT instruction in main prog would lead to reference leak")
SEC("tc")
int ring_clone_leak(struct __sk_buff* s) {
    struct bpf_dynptr p, q;
    bpf_ringbuf_reserve_dynptr(&rb, 64, 0, &p);
    bpf_dynptr_clone(&p, &q);
    return 0;
}

ACCEPTED
SEC("tc")
int ring_clone_ok(struct __sk_buff* s) {
    struct bpf_dynptr p, q;
    bpf_ringbuf_reserve_dynptr(&rb, 64, 0, &p);
    bpf_dynptr_clone(&p, &q);
    bpf_ringbuf_submit_dynptr(&q, 0);
    return 0;
}

REJECTED("Expected an initialized dynptr as arg #0")
SEC("tc")
int ring_clone_twice(struct __sk_buff* s) {
    struct bpf_dynptr p, q;
    bpf_ringbuf_reserve_dynptr(&rb, 64, 0, &p);
    bpf_dynptr_clone(&p, &q);
    bpf_ringbuf_submit_dynptr(&q, 0);
    return bpf_dynptr_size(&p);
}

REJECTED("the prog does not allow writes to packet data")
SEC("socket")
int sock_rdwr(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (!d) return 0;
    return d[3];
}

REJECTED("the prog does not allow writes to packet data")
SEC("cgroup_skb/egress")
int cg_rdwr(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (!d) return 0;
    return d[3] & 1;
}

ACCEPTED
SEC("cgroup_skb/egress")
int cg_ro(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    return d[3] & 1;
}

REJECTED("R0 cannot write into rdonly_mem")
SEC("tc")
int ro_write(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    d[3] = 1;
    return 0;
}

ACCEPTED
SEC("tc")
int slice_to_helper(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_trace_printk(d, 16);
    return 0;
}

REJECTED("dereference of modified rdonly_mem ptr R1 off=4 disallowed")
SEC("tc")
int slice_off_to_helper(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_trace_printk(d + 4, 8);
    return 0;
}

REJECTED(
    "R2 type=rdonly_mem expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, "
    "trusted_ptr_")
SEC("tc")
int slice_as_key(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_map_lookup_elem(&am, d);
    return 0;
}

ACCEPTED
SEC("tc")
int slice_as_buffer(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (!d) return 0;
    char* e = bpf_dynptr_slice(&p, 0, d, 16);
    if (!e) return 0;
    return e[2];
}

REJECTED("R0 invalid mem access 'rdonly_mem_or_null'")
SEC("tc")
int slice_unchecked(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    return d[3];
}

REJECTED("R0 min value is outside of the allowed memory range")
SEC("tc")
int slice_too_far(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice(&p, 0, 0, 16);
    if (!d) return 0;
    return *(volatile char*)(d + 16);
}

REJECTED("R4 must be a known constant")
SEC("tc")
int slice_var_size(struct __sk_buff* s) {
    struct bpf_dynptr p;
    char b[16];
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    __u32 n = s->len & 7;
    char* d = bpf_dynptr_slice(&p, 0, b, n);
    if (!d) return 0;
    return 0;
}

REJECTED("R7 invalid mem access 'scalar'")
SEC("tc")
int meta_ok(struct __sk_buff* s) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb_meta(s, 0, &p)) return 0;
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_dynptr_write(&p, 0, "abc", 3, 0);
    return d[3];
}

ACCEPTED
SEC("xdp")
int xdp_ok(struct xdp_md* x) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_xdp(x, 0, &p)) return 0;
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (!d) return 0;
    d[3] = 1;
    bpf_dynptr_write(&p, 0, "abc", 3, 0);
    return d[3];
}

REJECTED("R8 invalid mem access 'scalar'")
SEC("xdp")
int xdp_adjust(struct xdp_md* x) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_xdp(x, 0, &p)) return 0;
    char* d = bpf_dynptr_slice_rdwr(&p, 0, 0, 16);
    if (!d) return 0;
    bpf_xdp_adjust_head(x, 4);
    return d[3];
}

REJECTED("calling kernel function bpf_dynptr_from_skb is not allowed")
SEC("xdp")
int xdp_skb(struct xdp_md* x) {
    struct bpf_dynptr p;
    if (bpf_dynptr_from_skb((void*)x, 0, &p)) return 0;
    return 0;
}

REJECTED("Possibly NULL pointer passed to trusted arg0")
SEC("tc")
int null_dynptr(struct __sk_buff* s) { return bpf_dynptr_size(0); }

REJECTED("Expected an initialized dynptr as arg #0")
SEC("tc")
int uninit_dynptr(struct __sk_buff* s) {
    struct bpf_dynptr p;
    return bpf_dynptr_size(&p);
}

REJECTED("Possibly NULL pointer passed to trusted arg2")
SEC("tc")
int null_new(struct __sk_buff* s) { return bpf_dynptr_from_skb(s, 0, 0); }

REJECTED("Possibly NULL pointer passed to trusted arg2")
SEC("xdp")
int null_new_xdp(struct xdp_md* s) { return bpf_dynptr_from_xdp(s, 0, 0); }

REJECTED("Expected an initialized dynptr as arg #0")
SEC("tc")
int clone_uninit(struct __sk_buff* s) {
    struct bpf_dynptr p, q;
    return bpf_dynptr_clone(&p, &q);
}

ACCEPTED
SEC("tc")
int clone_self(struct __sk_buff* s) {
    struct bpf_dynptr p;
    bpf_dynptr_from_skb(s, 0, &p);
    return bpf_dynptr_clone(&p, &p);
}

ACCEPTED
SEC("tc")
int adjust(struct __sk_buff* s) {
    struct bpf_dynptr p;
    bpf_dynptr_from_skb(s, 0, &p);
    bpf_dynptr_adjust(&p, 1, 5);
    if (bpf_dynptr_is_null(&p)) return 1;
    return bpf_dynptr_size(&p);
}

REJECTED("arg#0 expected pointer to ctx, but got scalar")
SEC("tc")
int kernel_ctx(struct __sk_buff* s) {
    struct bpf_dynptr p;
    bpf_dynptr_from_skb((void*)(long)s->len, 0, &p);
    return 0;
}

ACCEPTED
SEC("tc")
int loop_slices(struct __sk_buff* s) {
    struct bpf_dynptr p;
    int sum = 0;
    if (bpf_dynptr_from_skb(s, 0, &p)) return 0;
    for (int i = 0; i < 20; i++) {
        __u8 b[4];
        __u8* d = bpf_dynptr_slice(&p, i * 4, b, 4);
        if (!d) break;
        sum += d[0];
    }
    return sum;
}
