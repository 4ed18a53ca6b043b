// Classes and realms that traffic control sorts packets by.
//! covers: helper get_cgroup_classid
//! covers: helper get_route_realm
//! covers: helper skb_get_xfrm_state
#include "case.h"

//! test: a packet without class, realm and IPsec state
//! run: --prog none --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 0, -22, [3 ... 7] = 0}
SEC("tc")
int none(struct __sk_buff* skb) {
    struct bpf_xfrm_state state = {.reqid = 1};
    SEE(0, bpf_get_cgroup_classid(skb));
    SEE(1, bpf_get_route_realm(skb));
    SEE_INT(2, bpf_skb_get_xfrm_state(skb, 0, &state, sizeof(state), 0));
    SEE(3, state.reqid);
    return TC_ACT_OK;
}
