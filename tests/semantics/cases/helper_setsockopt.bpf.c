// Options of the socket that an event is about.
//! covers: helper setsockopt
//! covers: helper getsockopt
//! covers: helper sock_ops_cb_flags_set
#include "case.h"

enum { sol_socket = 1, sol_tcp = 6, sol_ip = 0 };

//! test: options are set and read
//! run: --prog set --ctx op=4 --ctx family=2
//! expect: socket option 1/7
//! expect: socket option 6/13
//! expect: seen = {0, 0, 200000, 0, 0, 29694, -22, -22}
SEC("sockops")
int set(struct bpf_sock_ops* ctx) {
    int size = 100000, back = 1;
    char name[16] = "reno", now[4];
    SEE_INT(0, bpf_setsockopt(ctx, sol_socket, 7, &size, sizeof(size)));
    SEE_INT(1, bpf_getsockopt(ctx, sol_socket, 7, &back, sizeof(back)));
    SEE(2, back);
    SEE_INT(3, bpf_setsockopt(ctx, sol_tcp, 13, name, sizeof(name)));
    SEE_INT(4, bpf_getsockopt(ctx, sol_tcp, 13, now, sizeof(now)));
    SEE(5, now[0] << 8 | now[2] | now[1] << 2);
    SEE_INT(6, bpf_setsockopt(ctx, sol_socket, 4711, &size, sizeof(size)));
    SEE_INT(7, bpf_getsockopt(ctx, sol_socket, 7, &back, 3));
    return 1;
}

//! test: which calls follow
//! run: --prog calls --ctx op=4 --ctx family=2
//! expect: socket callbacks 0x5
//! expect: seen = {0, 128, 5, [3 ... 7] = 0}
SEC("sockops")
int calls(struct bpf_sock_ops* ctx) {
    SEE_INT(0, bpf_sock_ops_cb_flags_set(ctx, 1));
    SEE_INT(1, bpf_sock_ops_cb_flags_set(ctx, 0x85));
    SEE(2, ctx->bpf_sock_ops_cb_flags);
    return 1;
}

//! test: a request has no options
//! run: --prog calls --ctx op=4 --ctx is_fullsock=0
//! expect: seen = {-22, -22, [2 ... 7] = 0}

//! test: fields of the event's TCP socket
//! run: --prog fields --ctx op=4 --ctx family=2 --world network.json
//! expect: seen = {42, 80, 1, [3 ... 7] = 0}
SEC("sockops")
int fields(struct bpf_sock_ops* ctx) {
    struct bpf_sock* socket = ctx->sk;
    if (!socket) return 1;
    struct bpf_tcp_sock* tcp = bpf_tcp_sock(socket);
    if (tcp) SEE(0, tcp->snd_cwnd);
    SEE(1, socket->src_port);
    SEE(2, bpf_get_socket_cookie(ctx) == 99);
    return 1;
}
