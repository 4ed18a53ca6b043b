// What an iterator writes is what a reader of its file sees.
//! covers: helper seq_printf
//! covers: helper seq_write
//! since: 5.8
#include "case.h"

struct seq_file;
struct bpf_iter_meta {
    struct seq_file* seq;
} __attribute__((preserve_access_index));
struct task_struct {
    int pid;
} __attribute__((preserve_access_index));
struct bpf_iter__task {
    struct bpf_iter_meta* meta;
    struct task_struct* task;
};

//! test: a line per task
//! run: --prog dump --obj args.task.pid=42 --obj args.meta.seq.count=0
//! expect: seq task 42
//! expect: seq end
//! expect: seen = {[0 ... 7] = 0}
SEC("iter/task")
int dump(struct bpf_iter__task* ctx) {
    struct seq_file* seq = ctx->meta->seq;
    struct task_struct* task = ctx->task;
    if (!task) return 0;
    static const char format[] = "task %d\n";
    __u64 args[] = {(__u64)task->pid};
    SEE_INT(0, bpf_seq_printf(seq, format, sizeof(format), args, sizeof(args)));
    SEE_INT(1, bpf_seq_write(seq, "end\n", 4));
    return 0;
}
