// Arguments of the traced function by number, and what it returned.
//! covers: helper get_func_arg
//! covers: helper get_func_arg_cnt
//! covers: helper get_func_ret
//! covers: helper get_func_ip
//! covers: helper get_attach_cookie
//! since: 5.17
#include "case.h"

//! test: arguments, their number, and no result before the end
//! run: --prog enter --obj args.a=5 --obj args[1]=6 --world func_ip=0x1234 --world attach_cookie=9
//! expect: seen = {2, 0, 6, -22, 4660, 9, 0, 0}
SEC("fentry/bpf_fentry_test2")
int enter(__u64* ctx) {
    __u64 value = 1;
    SEE_INT(0, bpf_get_func_arg_cnt(ctx));
    SEE_INT(1, bpf_get_func_arg(ctx, 1, &value));
    SEE(2, value);
    SEE_INT(3, bpf_get_func_arg(ctx, 2, &value));
    SEE(4, bpf_get_func_ip(ctx));
    SEE(5, bpf_get_attach_cookie(ctx));
    return 0;
}

//! test: the result behind the arguments
//! run: --prog leave --ctx args[2]=11
//! expect: seen = {0, 11, [2 ... 7] = 0}
SEC("fexit/bpf_fentry_test2")
int leave(__u64* ctx) {
    __u64 value = 1;
    SEE_INT(0, bpf_get_func_ret(ctx, &value));
    SEE(1, value);
    return 0;
}
