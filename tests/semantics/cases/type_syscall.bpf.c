// A program that user space calls, with a context of its own layout that both write.
//! covers: program type syscall
#include "case.h"

struct question {
    __u64 left, right, sum;
};

//! test: the answer is written into the context
//! run: --ctx-file hex:020000000000000003000000000000000000000000000000
//! expect: returned 0
//! expect: seen = {2, 3, [2 ... 7] = 0}
SEC("syscall")
int add(struct question* ctx) {
    SEE(0, ctx->left);
    SEE(1, ctx->right);
    ctx->sum = ctx->left + ctx->right;
    return 0;
}
