// Memory of the user's space, where the program may sleep.
//! covers: helper copy_from_user
//! covers: helper copy_from_user_task
//! since: 5.18
#include "case.h"

#include <bpf/bpf_tracing.h>

struct task_struct;
char text[8];

//! test: bytes that are there, and bytes that are not
//! run: --prog copy --ctx args[1]=hex:6162630000000000
//! expect: text = "abc"
//! expect: seen = {0, -14, 0, -22, [4 ... 7] = 0}
SEC("lsm.s/bpf")
int copy(__u64* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    void* user = (void*)ctx[1];
    SEE_INT(0, bpf_copy_from_user(text, sizeof(text), user));
    char other[8];
    SEE_INT(1, bpf_copy_from_user(other, sizeof(other), 0));
    SEE_INT(2, bpf_copy_from_user_task(text, sizeof(text), user, task, 0));
    SEE_INT(3, bpf_copy_from_user_task(text, sizeof(text), user, task, 1));
    return 0;
}
