// When a file changed last: in the inode this has moved and become another type, kernel by kernel.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))

struct timespec64 {
    long long tv_sec;
    long tv_nsec;
} CORE;

struct super_block {
    unsigned long s_magic;
} CORE;

struct inode___6_1 {
    struct timespec64 i_ctime;
} CORE;

struct inode___6_6 {
    struct timespec64 __i_ctime;
} CORE;

struct inode {
    long long i_ctime_sec;
    unsigned long i_ino;
    struct super_block* i_sb;
} CORE;

struct dentry {
    struct inode* d_inode;
} CORE;

struct path {
    struct dentry* dentry;
} CORE;

struct file {
    struct path f_path;
    unsigned int f_flags;
} CORE;

struct change {
    long long seconds;
    unsigned long inode, magic;
    unsigned int flags;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} changes SEC(".maps");

static long long changed(struct inode* inode) {
    struct inode___6_6* newer = (void*)inode;
    struct inode___6_1* old = (void*)inode;
    if (bpf_core_field_exists(inode->i_ctime_sec)) return BPF_CORE_READ(inode, i_ctime_sec);
    if (bpf_core_field_exists(newer->__i_ctime)) return BPF_CORE_READ(newer, __i_ctime.tv_sec);
    return BPF_CORE_READ(old, i_ctime.tv_sec);
}

SEC("raw_tp/vfs_write")
int written(unsigned long long* ctx) {
    struct file* file = (void*)ctx[0];
    struct inode* inode = BPF_CORE_READ(file, f_path.dentry, d_inode);
    struct change* change = bpf_ringbuf_reserve(&changes, sizeof(*change), 0);
    if (!change) return 0;
    change->seconds = changed(inode);
    change->inode = BPF_CORE_READ(inode, i_ino);
    change->magic = BPF_CORE_READ(inode, i_sb, s_magic);
    change->flags = BPF_CORE_READ(file, f_flags);
    bpf_ringbuf_submit(change, 0);
    return 0;
}

// Not guarded: only kernels from 6.6 to 6.10 take it.
SEC("raw_tp/vfs_utimes")
int touched(unsigned long long* ctx) {
    struct path* path = (void*)ctx[0];
    struct inode___6_6* inode = (void*)BPF_CORE_READ(path, dentry, d_inode);
    return BPF_CORE_READ(inode, __i_ctime.tv_sec) != 0;
}

char LICENSE[] SEC("license") = "GPL";
