// Sockets: fields of structs in structs and unions, and types that a kernel may not have.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))

struct sock_common {
    unsigned short skc_family;
    unsigned short skc_num;
    union {
        struct {
            unsigned int skc_daddr, skc_rcv_saddr;
        };
    };
} CORE;

struct sock {
    struct sock_common __sk_common;
    unsigned int sk_mark;
} CORE;

struct tcp_sock {
    unsigned int snd_cwnd, srtt_us;
    unsigned long long bytes_received;
} CORE;

struct sk_buff {
    unsigned int len;
    unsigned char ip_summed : 2, pkt_type : 3;
} CORE;

struct sk_psock___gone {
    int never;
} CORE;

struct event {
    unsigned int family, port, address, window, rtt, length, sum, has_struct;
    unsigned long long received;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} events SEC(".maps");

SEC("raw_tp/tcp_rcv_established")
int received(unsigned long long* ctx) {
    struct sock* sk = (void*)ctx[0];
    struct sk_buff* skb = (void*)ctx[1];
    struct tcp_sock* tcp = (void*)sk;
    struct event event = {
        .family = BPF_CORE_READ(sk, __sk_common.skc_family),
        .port = BPF_CORE_READ(sk, __sk_common.skc_num),
        .address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr),
        .window = BPF_CORE_READ(tcp, snd_cwnd),
        .rtt = BPF_CORE_READ(tcp, srtt_us),
        .received = BPF_CORE_READ(tcp, bytes_received),
        .length = BPF_CORE_READ(skb, len),
        .sum = BPF_CORE_READ_BITFIELD_PROBED(skb, ip_summed),
        .has_struct = bpf_core_type_matches(struct sk_psock___gone),
    };
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
    return 0;
}

// Not guarded: no kernel takes it.
SEC("raw_tp/tcp_close")
int closed(unsigned long long* ctx) {
    struct sk_psock___gone* psock = (void*)ctx[0];
    return BPF_CORE_READ(psock, never);
}

char LICENSE[] SEC("license") = "GPL";
