// A signal to the running process, or to its thread.
//! covers: helper send_signal
//! covers: helper send_signal_thread
//! since: 5.6
#include "case.h"

//! test: what was sent is noted
//! run: --prog deliver --world tgid=50 --world pid=51
//! expect: signal 9 to process 50
//! expect: signal 10 to thread 51
//! expect: seen = {[0 ... 7] = 0}
SEC("kprobe")
int deliver(void* ctx) {
    SEE_INT(0, bpf_send_signal(9));
    SEE_INT(1, bpf_send_signal_thread(10));
    return 0;
}

//! test: what is no signal
//! run: --prog none
//! expect: seen = {-22, -22, [2 ... 7] = 0}
//! differs on vm:6.1: its only process is init, which must not be sent signals
//! differs on vm:6.12: its only process is init, which must not be sent signals
SEC("raw_tp")
int none(void* ctx) {
    SEE_INT(0, bpf_send_signal(65));
    SEE_INT(1, bpf_send_signal_thread(1000));
    return 0;
}
