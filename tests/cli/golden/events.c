// Sends one record through a ring buffer and one through a perf event array, and traces.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct event {
    __u32 pid;
    char comm[16];
};
const struct event* unused_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} perf SEC(".maps");

SEC("kprobe/do_unlinkat")
int on_unlink(void* ctx) {
    struct event event = {bpf_get_current_pid_tgid() >> 32, {}};
    bpf_get_current_comm(event.comm, sizeof(event.comm));
    bpf_ringbuf_output(&ring, &event, sizeof(event), 0);
    bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event));
    bpf_printk("unlink by %d", event.pid);
    return 0;
}

SEC("kprobe/vfs_read")
int bad_read(void* ctx) {
    return *(volatile int*)(unsigned long)((bpf_get_prandom_u32() & 0) + 16);
}

char LICENSE[] SEC("license") = "GPL";
