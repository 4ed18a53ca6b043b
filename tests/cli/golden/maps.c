// One map of each kind that is shown in its own way, and a program that changes its context.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum step { started, finished };

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 3);
    __type(key, __u32);
    __type(value, __u64);
} per_cpu SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 2);
    __type(key, enum step);
    __type(value, __s32);
} steps SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 4);
    __uint(key_size, 4);
    __uint(value_size, 4);
} jumps SEC(".maps");

struct inner {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, __u32);
    __type(value, __u32);
} inner SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, __u32);
    __array(values, struct inner);
} outer SEC(".maps");

SEC("tc")
int target(struct __sk_buff* skb) {
    skb->cb[2] = 9;
    return 2;
}

SEC("tc")
int change(struct __sk_buff* skb) {
    __u32 key = 2;
    __u64* count = bpf_map_lookup_elem(&per_cpu, &key);
    enum step step = finished;
    __s32 value = -1;
    if (count) ++*count;
    bpf_map_update_elem(&steps, &step, &value, BPF_ANY);
    skb->mark += 4;
    bpf_tail_call(skb, &jumps, 1);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
