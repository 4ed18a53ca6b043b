// The smallest program: a line in the trace whenever a file is removed.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("kprobe/do_unlinkat")
int hello(void* ctx) {
    char text[] = "Hello, eBPF!";
    bpf_trace_printk(text, sizeof(text));
    return 0;
}
