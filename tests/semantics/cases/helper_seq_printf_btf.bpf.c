// A value as text in an iterator's output.
//! covers: helper seq_printf_btf
//! since: 5.10
#include "case.h"

#include <bpf/bpf_core_read.h>

struct seq_file;
struct task_struct;
struct timespec64 {
    __s64 tv_sec;
    long tv_nsec;
} __attribute__((preserve_access_index));
struct bpf_iter_meta {
    struct seq_file* seq;
} __attribute__((preserve_access_index));
struct bpf_iter__task {
    struct bpf_iter_meta* meta;
    struct task_struct* task;
} __attribute__((preserve_access_index));

//! test: members that are not 0
//! run: --prog print --obj args.meta.seq.count=0
//! expect: seq (struct timespec64){.tv_sec = (time64_t)3,}
//! expect: seen = {0, -22, [2 ... 7] = 0}
SEC("iter/task")
int print(struct bpf_iter__task* ctx) {
    struct timespec64 time = {3, 0};
    struct btf_ptr what = {.ptr = &time, .type_id = bpf_core_type_id_kernel(struct timespec64)};
    SEE_INT(0, bpf_seq_printf_btf(ctx->meta->seq, &what, sizeof(what), BTF_F_COMPACT));
    SEE_INT(1, bpf_seq_printf_btf(ctx->meta->seq, &what, sizeof(what), 16));
    return 0;
}
