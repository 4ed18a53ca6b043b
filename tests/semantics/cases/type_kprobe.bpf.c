// A function of the kernel is entered: its arguments are in the registers.
//! covers: program type kprobe
#include <linux/ptrace.h>
#include "case.h"

#include <bpf/bpf_tracing.h>

//! test: arguments come from the registers of the machine
//! run: --ctx parm1=42 --ctx parm2=7
//! expect: returned 0
//! expect: trace 42 7
//! expect: seen = {42, 7, [2 ... 7] = 0}
SEC("kprobe/vfs_read")
int enter(struct pt_regs* regs) {
    SEE(0, PT_REGS_PARM1(regs));
    SEE(1, PT_REGS_PARM2(regs));
    bpf_printk("%ld %ld", seen[0], seen[1]);
    return 0;
}
