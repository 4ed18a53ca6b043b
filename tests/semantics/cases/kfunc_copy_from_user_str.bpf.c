// A user's string, where the program may sleep.
//! covers: kfunc bpf_copy_from_user_str
//! covers: kfunc bpf_copy_from_user_task_str
//! since: 6.15
#include "case.h"

struct task_struct {
    int pid;
} __attribute__((preserve_access_index));
extern int bpf_copy_from_user_str(void* to, __u32 size, const void* from, __u64 flags) __ksym;
extern int bpf_copy_from_user_task_str(void* to, __u32 size, const void* from,
                                       struct task_struct* task, __u64 flags) __ksym;

char text[8] = {1, 1, 1, 1, 1, 1, 1, 1};

//! test: up to the zero, padded, cut, and from nowhere
//! run: --prog copy --ctx 'args[1]="abc"'
//! expect: text = "abc"
//! expect: seen = {4, 2, -14, -22, 4, 0, 0, 0}
SEC("lsm.s/bpf")
int copy(__u64* ctx) {
    char cut[2];
    void* user = (void*)ctx[1];
    SEE_INT(0, bpf_copy_from_user_str(text, sizeof(text), user, 1));
    SEE_INT(1, bpf_copy_from_user_str(cut, sizeof(cut), user, 0));
    SEE_INT(2, bpf_copy_from_user_str(cut, sizeof(cut), 0, 0));
    SEE_INT(3, bpf_copy_from_user_str(cut, sizeof(cut), user, 2));
    SEE_INT(4,
            bpf_copy_from_user_task_str(text, sizeof(text), user, bpf_get_current_task_btf(), 0));
    return 0;
}
