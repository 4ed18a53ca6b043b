// A function of a struct that the kernel calls, here a congestion control's.
//! covers: program type struct_ops
#include "case.h"

//! test: arguments are words
//! run: --ctx args[1]=3
//! expect: returned 0
//! expect: seen = {3, [1 ... 7] = 0}
SEC("struct_ops")
int cwnd_event(__u64* args) {
    SEE(0, args[1]);
    return 0;
}

struct tcp_congestion_ops {
    int (*cwnd_event)(__u64* args);
};
SEC(".struct_ops")
struct tcp_congestion_ops control = {.cwnd_event = cwnd_event};
