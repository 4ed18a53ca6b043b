// A value of each inode, known by its number.
//! covers: helper inode_storage_get
//! covers: helper inode_storage_delete
//! covers: map type inode_storage
//! since: 5.10
#include "case.h"

#include <bpf/bpf_tracing.h>

struct {
    __uint(type, BPF_MAP_TYPE_INODE_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u64);
} values SEC(".maps");

struct inode;
struct file {
    struct inode* f_inode;
} __attribute__((preserve_access_index));

//! test: made, found, deleted, gone
//! run: --prog life --obj args.file.f_inode.i_ino=42
//! expect: seen = {1, 1, 0, -2, [4 ... 7] = 0}
SEC("lsm/file_open")
int BPF_PROG(life, struct file* file) {
    __u64* value = bpf_inode_storage_get(&values, file->f_inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    SEE(0, value != 0);
    if (value) ++*value;
    value = bpf_inode_storage_get(&values, file->f_inode, 0, 0);
    if (value) SEE(1, *value);
    SEE_INT(2, bpf_inode_storage_delete(&values, file->f_inode));
    SEE_INT(3, bpf_inode_storage_delete(&values, file->f_inode));
    return 0;
}
