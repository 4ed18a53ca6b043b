// The registers that the running task has in user space.
//! covers: helper task_pt_regs
//! since: 5.15
#include "case.h"

struct pt_regs___case {
    unsigned long ip;
} __attribute__((preserve_access_index));
struct task_struct;

//! test: a register by name
//! run: --prog read --obj regs.ip=0x401000
//! expect: seen = {4198400, [1 ... 7] = 0}
SEC("raw_tp/sys_enter")
int read(void* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    struct pt_regs___case* regs = (void*)bpf_task_pt_regs(task);
    SEE(0, regs->ip);
    return 0;
}
