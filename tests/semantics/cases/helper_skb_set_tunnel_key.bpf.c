// The tunnel that a packet is to be sent through, as a collect_md device takes it.
//! covers: helper skb_set_tunnel_key
//! covers: helper skb_get_tunnel_key
//! covers: helper skb_set_tunnel_opt
//! covers: helper skb_get_tunnel_opt
#include "case.h"

//! test: what was set is what one gets, with the ends exchanged
//! run: --prog ipv4 --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 0, 2864434397, 3221225986, 3221225985, 8241, 0, 0}
SEC("tc")
int ipv4(struct __sk_buff* skb) {
    struct bpf_tunnel_key key = {.tunnel_id = 0xaabbccdd,
                                 .remote_ipv4 = 0xc0000201,
                                 .tunnel_tos = 0x20,
                                 .tunnel_ttl = 0x31,
                                 .local_ipv4 = 0xc0000202};
    struct bpf_tunnel_key back;
    SEE_INT(0, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
    SEE_INT(1, bpf_skb_get_tunnel_key(skb, &back, sizeof(back), 0));
    SEE(2, back.tunnel_id);
    SEE(3, back.remote_ipv4);
    SEE(4, back.local_ipv4);
    SEE(5, back.tunnel_tos << 8 | back.tunnel_ttl);
    SEE(6, back.tunnel_label);
    SEE(7, back.remote_ipv6[1]);
    return TC_ACT_OK;
}

//! test: IPv6 has a label
//! run: --prog ipv6 --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 0, 74565, 4, 1, -71, 0, 0}
SEC("tc")
int ipv6(struct __sk_buff* skb) {
    struct bpf_tunnel_key key = {
        .remote_ipv6 = {1, 2, 3, 4}, .tunnel_label = 0xff012345, .local_ipv6 = {4, 3, 2, 1}};
    struct bpf_tunnel_key back;
    SEE_INT(0, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6));
    SEE_INT(1, bpf_skb_get_tunnel_key(skb, &back, sizeof(back), BPF_F_TUNINFO_IPV6));
    SEE(2, back.tunnel_label);
    SEE(3, back.remote_ipv6[0]);
    SEE(4, back.local_ipv6[0]);
    SEE_INT(5, bpf_skb_get_tunnel_key(skb, &back, sizeof(back), 0));
    SEE(6, back.tunnel_label);
    SEE(7, back.remote_ipv6[0]);
    return TC_ACT_OK;
}

//! test: flags of the key
//! run: --prog flags --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, 0, 1312, 0, 0, 8457, 0, 0}
//! since: 6.3
SEC("tc")
int flags(struct __sk_buff* skb) {
    struct bpf_tunnel_key key = {.tunnel_id = 1}, back;
    SEE_INT(0, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
    SEE_INT(1, bpf_skb_get_tunnel_key(skb, &back, sizeof(back), 16));
    SEE(2, back.tunnel_ext);
    SEE_INT(3, bpf_skb_set_tunnel_key(skb, &key, sizeof(key),
                                      BPF_F_DONT_FRAGMENT | BPF_F_SEQ_NUMBER | 16));
    SEE_INT(4, bpf_skb_get_tunnel_key(skb, &back, sizeof(back), 16));
    SEE(5, bpf_ntohs(back.tunnel_ext));
    return TC_ACT_OK;
}

//! test: keys of older headers are shorter
//! run: --prog shorter --packet hex:02000000000202000000000188b501020304
//! expect: seen = {[0 ... 3] = 0, -22, 0, -22, 0}
SEC("tc")
int shorter(struct __sk_buff* skb) {
    struct bpf_tunnel_key key = {.tunnel_id = 1, .remote_ipv4 = 7}, back;
    SEE_INT(0, bpf_skb_set_tunnel_key(skb, &key, 8, 0));
    SEE_INT(1, bpf_skb_get_tunnel_key(skb, &back, 8, 0));
    SEE_INT(2, bpf_skb_get_tunnel_key(skb, &back, 22, 0));
    SEE_INT(3, bpf_skb_set_tunnel_key(skb, &key, 28, BPF_F_TUNINFO_IPV6));
    SEE_INT(4, bpf_skb_get_tunnel_key(skb, &back, 8, BPF_F_TUNINFO_IPV6));
    SEE_INT(5, bpf_skb_get_tunnel_key(skb, &back, 24, BPF_F_TUNINFO_IPV6));
    SEE_INT(6, bpf_skb_get_tunnel_key(skb, &back, 12, BPF_F_TUNINFO_IPV6));
    SEE(7, back.tunnel_id);
    return TC_ACT_OK;
}

//! test: what a key must not be
//! run: --prog wrong --packet hex:02000000000202000000000188b501020304
//! expect: seen = {[0 ... 4] = -22, 0, -22, 0}
SEC("tc")
int wrong(struct __sk_buff* skb) {
    struct bpf_tunnel_key key = {.tunnel_label = 1}, back;
    SEE_INT(0, bpf_skb_get_tunnel_key(skb, &back, sizeof(back), 0));
    SEE_INT(1, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
    key.tunnel_label = 0;
    key.tunnel_ext = 1;
    SEE_INT(2, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
    key.tunnel_ext = 0;
    SEE_INT(3, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 32));
    SEE_INT(4, bpf_skb_set_tunnel_key(skb, &key, 40, 0));
    SEE_INT(5, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
    SEE_INT(6, bpf_skb_get_tunnel_key(skb, &back, sizeof(back), 2));
    return TC_ACT_OK;
}

//! test: options go with a key
//! run: --prog options --packet hex:02000000000202000000000188b501020304
//! expect: seen = {-22, -2, 0, -2, -22, 0, 4, 287454020}
SEC("tc")
int options(struct __sk_buff* skb) {
    struct bpf_tunnel_key key = {.tunnel_id = 1};
    __u32 option = bpf_htonl(0x11223344), back[2] = {};
    SEE_INT(0, bpf_skb_set_tunnel_opt(skb, &option, 4));
    SEE_INT(1, bpf_skb_get_tunnel_opt(skb, back, sizeof(back)));
    SEE_INT(2, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
    SEE_INT(3, bpf_skb_get_tunnel_opt(skb, back, sizeof(back)));
    SEE_INT(4, bpf_skb_set_tunnel_opt(skb, &option, 3));
    SEE_INT(5, bpf_skb_set_tunnel_opt(skb, &option, 4));
    SEE_INT(6, bpf_skb_get_tunnel_opt(skb, back, sizeof(back)));
    SEE(7, bpf_ntohl(back[0]));
    return TC_ACT_OK;
}

//! test: options that do not fit
//! run: --prog long_options --packet hex:02000000000202000000000188b501020304
//! expect: seen = {0, -12, 0, -12, 1528, 0, 0, 0}
SEC("tc")
int long_options(struct __sk_buff* skb) {
    struct bpf_tunnel_key key = {.tunnel_id = 1};
    static const char many[256];
    __u32 option[2] = {1, 2};
    SEE_INT(0, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
    SEE_INT(1, bpf_skb_set_tunnel_opt(skb, (void*)many, sizeof(many)));
    SEE_INT(2, bpf_skb_set_tunnel_opt(skb, option, 8));
    SEE_INT(3, bpf_skb_get_tunnel_opt(skb, option, 4));
    bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 16);
    SEE(4, key.tunnel_ext);
    return TC_ACT_OK;
}
