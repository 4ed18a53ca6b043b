// Ids of the running task as its PID namespace has them; the namespace is named by device and
// inode.
//! covers: helper get_ns_current_pid_tgid
//! since: 5.7
#include "case.h"

//! test: its own namespace
//! run: --prog own --world pid_ns_dev=4 --world pid_ns_ino=77 --world pid=51 --world tgid=50
//! expect: seen = {0, 51, 50, [3 ... 7] = 0}
//! differs on kernel: its namespace has another inode
//! differs on vm:6.1: its namespace has another inode
//! differs on vm:6.12: its namespace has another inode
SEC("raw_tp")
int own(void* ctx) {
    struct bpf_pidns_info ids = {};
    SEE_INT(0, bpf_get_ns_current_pid_tgid(4, 77, &ids, sizeof(ids)));
    SEE(1, ids.pid);
    SEE(2, ids.tgid);
    return 0;
}

//! test: another namespace, and a buffer of the wrong size
//! run: --prog wrong
//! expect: seen = {-22, -22, [2 ... 7] = 0}
SEC("raw_tp")
int wrong(void* ctx) {
    struct bpf_pidns_info ids = {1, 1};
    SEE_INT(0, bpf_get_ns_current_pid_tgid(4, 1, &ids, sizeof(ids)));
    SEE_INT(1, bpf_get_ns_current_pid_tgid(4, 1, &ids, 4));
    SEE(2, ids.pid);
    return 0;
}
