// A hook of netfilter: packets are accepted or dropped.
//! covers: program type netfilter
//! since: 6.4
#include <linux/netfilter.h>
#include "case.h"

//! test: what is returned is the verdict
//! run: --prog accept
//! expect: returned NF_ACCEPT
SEC("netfilter")
int accept(void* ctx) { return NF_ACCEPT; }

//! test: a packet can be dropped
//! run: --prog drop
//! expect: returned NF_DROP
SEC("netfilter")
int drop(void* ctx) { return NF_DROP; }
