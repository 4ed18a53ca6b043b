// What IMA measured of a file.
//! covers: helper ima_inode_hash
//! covers: helper ima_file_hash
//! covers: helper bprm_opts_set
//! since: 5.18
#include "case.h"

#include <bpf/bpf_tracing.h>

struct inode;
struct file {
    struct inode* f_inode;
} __attribute__((preserve_access_index));
struct linux_binprm {
    struct file* file;
} __attribute__((preserve_access_index));

char hash[4];

//! test: the world's hash
//! run: --prog measured --world ima_algorithm=4 --world ima_hash=61626300
//! run: --obj args.bprm.file.f_inode.i_ino=1
//! expect: seen = {4, 4, 0, -22, [4 ... 7] = 0}
//! expect: hash = "abc"
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(measured, struct linux_binprm* bprm) {
    SEE_INT(0, bpf_ima_inode_hash(bprm->file->f_inode, hash, sizeof(hash)));
    SEE_INT(1, bpf_ima_file_hash(bprm->file, hash, sizeof(hash)));
    SEE_INT(2, bpf_bprm_opts_set(bprm, 1));
    SEE_INT(3, bpf_bprm_opts_set(bprm, 2));
    return 0;
}

//! test: nothing measured
//! run: --prog measured --obj args.bprm.file.f_inode.i_ino=1
//! expect: seen = {-95, -95, 0, -22, [4 ... 7] = 0}
