// A tracepoint's context is its record: fields stand where the tracepoint's `format` file says.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct sys_enter_record {
    __u64 common;  // Type, flags, preemption count and pid, as in every record.
    __s64 number;
    __u64 args[6];
};

SEC("tracepoint/raw_syscalls/sys_enter")
int hello(struct sys_enter_record* record) {
    bpf_printk("Hello, system call %d!", (int)record->number);
    return 0;
}
