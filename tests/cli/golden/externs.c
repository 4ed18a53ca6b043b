// What it wants of a kernel, each in a program of its own.
#define SEC(name) __attribute__((section(name)))
#define WEAK __attribute__((weak))
extern int LINUX_KERNEL_VERSION SEC(".kconfig");
extern int CONFIG_HZ SEC(".kconfig");
extern _Bool CONFIG_NO_SUCH_THING SEC(".kconfig") WEAK;
extern int bpf_no_such_function(int x) SEC(".ksyms") WEAK;
char _license[] SEC("license") = "GPL";

SEC("tc") int config(void *skb) { return CONFIG_HZ + CONFIG_NO_SUCH_THING; }
SEC("tc") int version(void *skb) { return LINUX_KERNEL_VERSION >> 8; }
SEC("tc") int careful(void *skb) {
    return bpf_no_such_function ? bpf_no_such_function(1) : 7;
}
SEC("tc") int careless(void *skb) {
    return bpf_no_such_function(1);
}
