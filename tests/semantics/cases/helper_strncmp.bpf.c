// Compares text in memory with a constant, up to the first difference or zero.
//! covers: helper strncmp
//! since: 5.17
#include "case.h"

//! test: 0 for the same text, else the sign of the first difference
//! run: --prog order
//! expect: seen = {0, 1, 1, [3 ... 7] = 0}
SEC("xdp")
int order(struct xdp_md* ctx) {
    char method[8] = "GET";
    SEE(0, bpf_strncmp(method, sizeof(method), "GET"));
    SEE(1, (int)bpf_strncmp(method, sizeof(method), "HEAD") < 0);
    SEE(2, (int)bpf_strncmp(method, sizeof(method), "DELETE") > 0);
    return XDP_PASS;
}

//! test: only the given size is compared
//! run: --prog front
//! expect: seen = {0, 1, [2 ... 7] = 0}
SEC("xdp")
int front(struct xdp_md* ctx) {
    char line[8] = "GET /";
    SEE(0, bpf_strncmp(line, 3, "GET"));
    SEE(1, (int)bpf_strncmp(line, 4, "GET") > 0);
    return XDP_PASS;
}
