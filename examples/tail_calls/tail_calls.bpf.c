// A jump table: one program per system call number, entered by a tail call that never returns.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

enum { sys_execve = 59, sys_timer_create = 222, sys_timer_delete = 226 };  // x86-64

int on_execve(struct bpf_raw_tracepoint_args* ctx);
int on_timer(struct bpf_raw_tracepoint_args* ctx);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 512);
    __type(key, __u32);
    __array(values, int(struct bpf_raw_tracepoint_args*));
} handlers SEC(".maps") = {
    .values =
        {
            [sys_execve] = &on_execve,
            [sys_timer_create] = &on_timer,
            [sys_timer_delete] = &on_timer,
        },
};

SEC("raw_tracepoint/sys_enter")
int dispatch(struct bpf_raw_tracepoint_args* ctx) {
    int number = ctx->args[1];
    bpf_tail_call(ctx, &handlers, number);
    bpf_printk("no handler for system call %d", number);
    return 0;
}

SEC("raw_tracepoint")
int on_execve(struct bpf_raw_tracepoint_args* ctx) {
    bpf_printk("execve");
    return 0;
}

SEC("raw_tracepoint")
int on_timer(struct bpf_raw_tracepoint_args* ctx) {
    bpf_printk("%s a timer", ctx->args[1] == sys_timer_create ? "create" : "delete");
    return 0;
}
