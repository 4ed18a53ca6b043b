#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

//! test: the verifier minds what is behind the end
//! expect: rejected
//! expect: offset is outside of the packet

//! test: and so does checked execution
//! run: --unverified --packet hex:000102030405060708090a0b0c0d
//! expect: trapped

//! test: nothing is run that is not accepted
//! expect: returned XDP_PASS
SEC("xdp")
int first_byte(struct xdp_md *ctx) {
    return *((unsigned char *)(long)ctx->data + 14) ? XDP_DROP : XDP_PASS;
}
