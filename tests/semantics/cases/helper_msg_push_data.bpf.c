// A message on its way out: seen in parts, made longer and shorter, held back.
//! covers: helper msg_pull_data
//! covers: helper msg_push_data
//! covers: helper msg_pop_data
//! covers: helper msg_apply_bytes
//! covers: helper msg_cork_bytes
#include "case.h"

//! test: bytes come and go
//! run: --prog change --packet hex:0102030405060708
//! expect: verdict for 5 bytes
//! expect: held back up to 9 bytes
//! expect: packet changed (8 -> 7 bytes)
//! expect: seen = {0, 10, 0, 7, -22, -22, -22, 0}
SEC("sk_msg")
int change(struct sk_msg_md* ctx) {
    SEE_INT(0, bpf_msg_push_data(ctx, 2, 2, 0));
    SEE(1, ctx->size);
    SEE_INT(2, bpf_msg_pop_data(ctx, 0, 3, 0));
    SEE(3, ctx->size);
    SEE_INT(4, bpf_msg_push_data(ctx, 8, 2, 0));
    SEE_INT(5, bpf_msg_pop_data(ctx, 6, 2, 0));
    SEE_INT(6, bpf_msg_pop_data(ctx, 0, 1, 1));
    bpf_msg_apply_bytes(ctx, 5);
    bpf_msg_cork_bytes(ctx, 9);
    return SK_PASS;
}

//! test: a part of it
//! run: --prog part --packet hex:0102030405060708
//! expect: seen = {0, 4, 3, 8, -22, -22, 0, 0}
SEC("sk_msg")
int part(struct sk_msg_md* ctx) {
    SEE_INT(0, bpf_msg_pull_data(ctx, 2, 6, 0));
    SEE(1, ctx->data_end - ctx->data);
    __u8* data = ctx->data;
    if ((void*)(data + 1) <= ctx->data_end) SEE(2, *data);
    SEE(3, ctx->size);
    SEE_INT(4, bpf_msg_pull_data(ctx, 2, 9, 0));
    SEE_INT(5, bpf_msg_pull_data(ctx, 2, 2, 0));
    return SK_PASS;
}
