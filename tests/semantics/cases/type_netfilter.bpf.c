// A hook of netfilter: packets are accepted or dropped.
//! covers: program type netfilter
//! since: 6.4
#include "semantics.h"

//! test: what is returned is the verdict
//! run: --prog accept
//! expect: returned NF_ACCEPT
SEC("netfilter")
int accept(void* ctx) { return 1; }
