// A tc classifier: DNS gets a high priority, telnet is dropped, everything else stays as it is.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

enum { dns = 53, telnet = 23, high_priority = 6 };

__u64 prioritised, dropped;

static int destination_port(struct __sk_buff* skb) {
    struct iphdr ip;
    __be16 ports[2];
    if (skb->protocol != bpf_htons(ETH_P_IP)) return -1;
    if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip))) return -1;
    if (ip.protocol != IPPROTO_TCP && ip.protocol != IPPROTO_UDP) return -1;
    if (bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, ports, sizeof(ports))) return -1;
    return bpf_ntohs(ports[1]);
}

SEC("tc")
int classify(struct __sk_buff* skb) {
    int port = destination_port(skb);
    if (port == telnet) {
        ++dropped;
        return TC_ACT_SHOT;
    }
    if (port == dns) {
        ++prioritised;
        skb->priority = high_priority;
    }
    return TC_ACT_OK;
}
