// A tc action: what sched_cls sees, run because a filter before it said so.
//! covers: program type sched_act
#include "case.h"

//! test: an action marks the packet and lets the next one decide
//! run: --packet hex:020000000002020000000001080045000014000040004011b6d5c0000201c0000202
//! expect: returned TC_ACT_PIPE
//! expect: mark 0 -> 34
SEC("action")
int mark(struct __sk_buff* skb) {
    skb->mark = skb->len;
    return TC_ACT_PIPE;
}
