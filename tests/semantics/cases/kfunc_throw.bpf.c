// Exceptions: a program ends from inside of its functions.
//! covers: kfunc bpf_throw
//! since: 6.7
#include "case.h"

extern void bpf_throw(__u64 cookie) __ksym;
#define HANDLED_BY(function) __attribute__((btf_decl_tag("exception_callback:" #function)))

static __noinline int deepest(__u32 length) {
    if (length > 60) bpf_throw(length);
    SEE(0, 1);
    return 1;
}

static __noinline int deeper(__u32 length) {
    int result = deepest(length);
    SEE(1, 1);
    return result;
}

//! test: an exception ends the program with its cookie
//! run: --prog thrown --packet hex:00000000000000000000000008000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
//! expect: returned 64
//! expect: seen = {0, 0, 1, [3 ... 7] = 0}
SEC("tc")
int thrown(struct __sk_buff* skb) {
    SEE(2, 1);
    int result = deeper(skb->len);
    SEE(3, 1);
    return result;
}

//! test: none is thrown
//! run: --prog thrown --packet hex:000000000000000000000000080000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
//! expect: seen = {[0 ... 3] = 1, [4 ... 7] = 0}

__noinline int handle(__u64 cookie) {
    SEE(4, cookie);
    return cookie == 64 ? TC_ACT_SHOT : TC_ACT_OK;
}

//! test: a function of the program handles it
//! run: --prog handled --packet hex:00000000000000000000000008000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
//! expect: returned TC_ACT_SHOT
//! expect: seen = {[0 ... 3] = 0, 64, 0, 0, 0}
SEC("tc")
HANDLED_BY(handle)
int handled(struct __sk_buff* skb) { return deeper(skb->len); }

#define FRAME(name, next)                      \
    static __noinline int name(__u32 length) { \
        int result = next(length);             \
        SEE(3, 1);                             \
        return result;                         \
    }
FRAME(sixth, deepest)
FRAME(fifth, sixth)
FRAME(fourth, fifth)
FRAME(third, fourth)
FRAME(second, third)
FRAME(first, second)

//! test: it is thrown where no frame is left
//! run: --prog from_eighth_frame --packet hex:00000000000000000000000008000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
//! expect: returned TC_ACT_SHOT
//! expect: seen = {[0 ... 3] = 0, 64, 0, 0, 0}
SEC("tc")
HANDLED_BY(handle)
int from_eighth_frame(struct __sk_buff* skb) { return first(skb->len); }

//! test: it is thrown in the program itself
//! run: --prog thrown_at_once
//! expect: returned TC_ACT_SHOT (2)
SEC("tc")
int thrown_at_once(struct __sk_buff* skb) {
    bpf_throw(2);
    return TC_ACT_OK;
}
