// A record for user space through a ring buffer: shared by all CPUs, filled in place.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct event {
    __u32 pid;
    __u32 uid;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 * 1024);
} events SEC(".maps");

// Not inlined, so that clang's BTF describes the argument's type: user space decodes records by it.
static __noinline void fill(struct event* event) {
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->uid = bpf_get_current_uid_gid();
    bpf_get_current_comm(event->comm, sizeof(event->comm));
}

SEC("kprobe/do_execveat_common")
int hello(void* ctx) {
    struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event) return 0;
    fill(event);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
