// CPUs with a queue of packets, as targets of bpf_redirect_map.
//! covers: map type cpumap
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} cpus SEC(".maps");

//! test: a CPU with a queue is a target
//! run: --prog spread --packet hex:02000000000202000000000188b501020304 --set cpus 0 192
//! expect: returned XDP_REDIRECT
//! expect: redirect to map cpus[0]
//! expect: 0 -> 192

//! test: one without a queue is none
//! run: --prog spread --packet hex:02000000000202000000000188b501020304
//! expect: returned XDP_PASS
SEC("xdp")
int spread(struct xdp_md* ctx) { return bpf_redirect_map(&cpus, 0, XDP_PASS); }
