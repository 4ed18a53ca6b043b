// The memory node of the CPU that the program runs on.
//! covers: helper get_numa_node_id
#include "case.h"

//! test: a small machine has one node
//! expect: seen = {[0 ... 7] = 0}
SEC("xdp")
int node(struct xdp_md* ctx) {
    SEE_INT(0, bpf_get_numa_node_id());
    return XDP_PASS;
}
