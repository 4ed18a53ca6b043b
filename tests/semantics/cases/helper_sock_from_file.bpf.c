// The socket behind a file, or null for files of other kinds.
//! covers: helper sock_from_file
//! since: 5.11
#include "case.h"

#include <bpf/bpf_tracing.h>

struct file;
struct socket___case {
    short type;
} __attribute__((preserve_access_index));

//! test: a file of a socket leads to it
//! run: --prog behind --obj args.file.f_inode.i_mode=0xc1ff --obj args.file.private_data:socket.type=2
//! expect: seen = {1, 2, [2 ... 7] = 0}
//! test: a plain file does not, whatever it points to
//! run: --prog behind --obj args.file.f_inode.i_mode=0x81ff --obj args.file.private_data:socket.type=2
//! expect: seen = {[0 ... 7] = 0}
SEC("lsm/file_open")
int BPF_PROG(behind, struct file* file) {
    struct socket___case* socket = (void*)bpf_sock_from_file(file);
    if (!socket) return 0;
    SEE(0, 1);
    SEE(1, socket->type);
    return 0;
}
