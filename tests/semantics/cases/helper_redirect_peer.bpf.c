// The packet into the other end of a pair of devices, in another network namespace.
//! covers: helper redirect_peer
//! since: 5.10
#include "case.h"

//! test: to the peer
//! run: --prog peer --packet hex:02000000000202000000000188b501020304
//! expect: returned TC_ACT_REDIRECT
//! expect: redirect to peer 1
SEC("tc")
int peer(struct __sk_buff* skb) { return bpf_redirect_peer(1, 0); }

//! test: flags drop the packet
//! run: --prog bad --packet hex:02000000000202000000000188b501020304
//! expect: returned TC_ACT_SHOT
SEC("tc")
int bad(struct __sk_buff* skb) { return bpf_redirect_peer(1, 1); }
