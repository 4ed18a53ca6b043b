// A program that asks for a kernel's types and configuration.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern int CONFIG_HZ __kconfig;

struct wanted {
    int first, second;
} __attribute__((preserve_access_index));

SEC("socket")
int ask(struct __sk_buff* skb) { return CONFIG_HZ + bpf_core_field_offset(struct wanted, second); }
