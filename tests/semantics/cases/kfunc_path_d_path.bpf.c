// The path of a file for security hooks.
//! covers: kfunc bpf_path_d_path
//! since: 6.12
#include "case.h"

#include <bpf/bpf_tracing.h>

struct dentry;
struct path {
    struct dentry* dentry;
} __attribute__((preserve_access_index));
struct file {
    struct path f_path;
} __attribute__((preserve_access_index));
extern int bpf_path_d_path(struct path* path, char* buf, __u64 buf__sz) __ksym;

char name[32];

//! test: names are joined up to the root
//! run: --obj 'args.file.f_path.dentry.d_name.name="x"'
//! expect: seen = {3, [1 ... 7] = 0}
//! expect: name = "/x"
SEC("lsm.s/file_open")
int BPF_PROG(tell, struct file* file) {
    SEE_INT(0, bpf_path_d_path(&file->f_path, name, sizeof(name)));
    return 0;
}
