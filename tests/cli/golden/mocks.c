// Calls that are mocked and made to fail.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} rb SEC(".maps");
char _license[] SEC("license") = "GPL";
struct ctx_t {
    __u64 common;
    __u32 pid;
    char comm[8];
};
SEC("tracepoint/sched/sched_process_exec")
int on_exec(struct ctx_t* ctx) {
    __u32 key = bpf_get_current_pid_tgid() >> 32;
    __u64 one = ctx->pid;
    if (bpf_map_update_elem(&counts, &key, &one, BPF_ANY)) return -1;
    __u64* v = bpf_map_lookup_elem(&counts, &key);
    if (!v) return -2;
    __u64* e = bpf_ringbuf_reserve(&rb, 8, 0);
    if (!e) return -3;
    *e = *v + ctx->comm[0];
    bpf_ringbuf_submit(e, 0);
    return 0;
}
