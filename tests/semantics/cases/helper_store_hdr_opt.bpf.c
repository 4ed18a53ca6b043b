// TCP options of a packet that is being made.
//! covers: helper store_hdr_opt
//! covers: helper reserve_hdr_opt
//! covers: helper load_hdr_opt
#include "case.h"

//! test: options are written once
//! run: --prog write --ctx op=15 --ctx family=2
//! expect: header options fe 04 eb 9f fe 04 eb 9e
//! expect: seen = {0, -17, 0, -22, -28, -1, -1, 0}
SEC("sockops")
int write(struct bpf_sock_ops* ctx) {
    __u8 option[4] = {254, 4, 0xeb, 0x9f}, padding[2] = {1, 2}, longer[40] = {99, 40};
    SEE_INT(0, bpf_store_hdr_opt(ctx, option, sizeof(option), 0));
    SEE_INT(1, bpf_store_hdr_opt(ctx, option, sizeof(option), 0));
    option[3] = 0x9e;
    SEE_INT(2, bpf_store_hdr_opt(ctx, option, sizeof(option), 0));
    SEE_INT(3, bpf_store_hdr_opt(ctx, padding, sizeof(padding), 0));
    SEE_INT(4, bpf_store_hdr_opt(ctx, longer, sizeof(longer), 0));
    SEE_INT(5, bpf_reserve_hdr_opt(ctx, 4, 0));
    option[0] = 3;
    option[1] = 0;
    SEE_INT(6, bpf_load_hdr_opt(ctx, option, sizeof(option), 0));
    return 1;
}

//! test: space is reserved
//! run: --prog reserve --ctx op=14 --ctx family=2
//! expect: header options: 36 bytes reserved
//! expect: seen = {0, -28, -22, -22, -1, -22, -2, 0}
SEC("sockops")
int reserve(struct bpf_sock_ops* ctx) {
    __u8 option[4] = {254, 4, 0xeb, 0x9f};
    SEE_INT(0, bpf_reserve_hdr_opt(ctx, 36, 0));
    SEE_INT(1, bpf_reserve_hdr_opt(ctx, 5, 0));
    SEE_INT(2, bpf_reserve_hdr_opt(ctx, 1, 0));
    SEE_INT(3, bpf_reserve_hdr_opt(ctx, 4, 1));
    SEE_INT(4, bpf_store_hdr_opt(ctx, option, sizeof(option), 0));
    option[1] = 5;
    SEE_INT(5, bpf_load_hdr_opt(ctx, option, sizeof(option), 0));
    option[1] = 4;
    SEE_INT(6, bpf_load_hdr_opt(ctx, option, sizeof(option), 1));
    return 1;
}

//! test: options of a packet are found
//! run: --prog load --ctx op=13 --ctx family=2 --packet
//! run: hex:0001000200000000000000007010000000000000020405b401fe06eb9f1234
//! expect: seen = {4, 1460, 6, 13330, -42, -28, 31, 0}
SEC("sockops")
int load(struct bpf_sock_ops* ctx) {
    __u8 found[8] = {2}, magic[8] = {254, 4, 0xeb, 0x9f}, cut[2] = {2};
    SEE_INT(0, bpf_load_hdr_opt(ctx, found, sizeof(found), 0));
    SEE(1, found[2] << 8 | found[3]);
    SEE_INT(2, bpf_load_hdr_opt(ctx, magic, sizeof(magic), 0));
    SEE(3, magic[5] << 8 | magic[4]);
    found[0] = 8;
    found[1] = 0;
    SEE_INT(4, bpf_load_hdr_opt(ctx, found, sizeof(found), 0));
    SEE_INT(5, bpf_load_hdr_opt(ctx, cut, sizeof(cut), 0));
    SEE(6, ctx->skb_len);
    return 1;
}
