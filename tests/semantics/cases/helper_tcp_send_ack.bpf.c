// A congestion control acknowledges what it expects next.
//! covers: helper tcp_send_ack
//! since: 5.6
#include "case.h"

#include <bpf/bpf_tracing.h>

struct sock;
struct tcp_sock {
    unsigned int rcv_nxt;
} __attribute__((preserve_access_index));

//! test: an acknowledgement of what came
//! run: --prog acknowledge --obj args[0]:tcp_sock.rcv_nxt=1000
//! expect: acknowledged up to 1000
//! expect: seen = {[0 ... 7] = 0}
//! test: nothing is sent for a closed connection
//! run: --prog acknowledge --obj args[0]:tcp_sock.rcv_nxt=1000 --obj args[0].__sk_common.skc_state=7
//! expect: returned 0
//! expect: seen = {[0 ... 7] = 0}
SEC("struct_ops")
void BPF_PROG(acknowledge, struct sock* sk, int event) {
    struct tcp_sock* tcp = (void*)sk;
    SEE_INT(0, bpf_tcp_send_ack(tcp, tcp->rcv_nxt));
}

struct tcp_congestion_ops {
    void (*cwnd_event)(struct sock* sk, int event);
};
SEC(".struct_ops")
struct tcp_congestion_ops control = {.cwnd_event = (void*)acknowledge};
