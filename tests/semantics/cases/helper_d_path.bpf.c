// The path of a file, from the names of its directories.
//! covers: helper d_path
//! since: 5.10
#include "case.h"

#include <bpf/bpf_tracing.h>

struct dentry;
struct path {
    struct dentry* dentry;
} __attribute__((preserve_access_index));
struct file {
    struct path f_path;
} __attribute__((preserve_access_index));

char name[32];

//! test: names are joined up to the root
//! run: --prog path --obj 'args.file.f_path.dentry.d_name.name="passwd"'
//! run: --obj 'args.file.f_path.dentry.d_parent.d_name.name="etc"'
//! expect: seen = {12, [1 ... 7] = 0}
//! expect: name = "/etc/passwd"
SEC("lsm/file_open")
int BPF_PROG(path, struct file* file) {
    SEE_INT(0, bpf_d_path(&file->f_path, name, sizeof(name)));
    return 0;
}
