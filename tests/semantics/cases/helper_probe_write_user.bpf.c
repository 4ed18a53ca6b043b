// Memory of the user's space is written.
//! covers: helper probe_write_user
#include "case.h"

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

char text[4];

//! test: what is there afterwards, and memory that is not there
//! run: --prog write --unverified --ctx 'parm1="hey"'
//! expect: seen = {0, 0, -14, [3 ... 7] = 0}
//! expect: text = "boy"
//! differs on kernel: it allows it to no program
SEC("kprobe")
int write(struct pt_regs* ctx) {
    void* user = (void*)PT_REGS_PARM1(ctx);
    SEE_INT(0, bpf_probe_write_user(user, "boy", 4));
    SEE_INT(1, bpf_probe_read_user(text, sizeof(text), user));
    SEE_INT(2, bpf_probe_write_user((void*)8, "boy", 4));
    return 0;
}
