// What a device tells of a received packet.
//! covers: kfunc bpf_xdp_metadata_rx_timestamp
//! covers: kfunc bpf_xdp_metadata_rx_hash
//! covers: kfunc bpf_xdp_metadata_rx_vlan_tag
//! since: 6.8
#include "case.h"

enum xdp_rss_hash_type { XDP_RSS_TYPE_NONE };
extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md* ctx, __u64* timestamp) __ksym;
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md* ctx, __u32* hash,
                                    enum xdp_rss_hash_type* rss_type) __ksym;
extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md* ctx, __be16* vlan_proto,
                                        __u16* vlan_tci) __ksym;

//! test: a device that tells nothing
//! run: --prog ask --device-bound ask
//! expect: seen = {-95, 1, -95, 2, 3, -95, 4, 5}
//! test: one that has nothing to tell of this packet
//! run: --prog ask --device-bound ask --world no_metadata.json
//! expect: seen = {-61, 1, -61, 2, 3, -61, 4, 5}
//! test: one that tells everything
//! run: --prog ask --device-bound ask --world metadata.json
//! expect: seen = {0, 1234567890123, 0, 305419896, 9, 0, 33024, 4097}
SEC("xdp")
int ask(struct xdp_md* ctx) {
    __u64 timestamp = 1;
    __u32 hash = 2;
    enum xdp_rss_hash_type type = 3;
    __be16 protocol = bpf_htons(4);
    __u16 tci = 5;
    SEE_INT(0, bpf_xdp_metadata_rx_timestamp(ctx, &timestamp));
    SEE(1, timestamp);
    SEE_INT(2, bpf_xdp_metadata_rx_hash(ctx, &hash, &type));
    SEE(3, hash);
    SEE(4, type);
    SEE_INT(5, bpf_xdp_metadata_rx_vlan_tag(ctx, &protocol, &tci));
    SEE(6, bpf_ntohs(protocol));
    SEE(7, tci);
    return XDP_PASS;
}
