// How many programs each user started: a hash map from uid to count.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u64);
} execs SEC(".maps");

SEC("tracepoint/sched/sched_process_exec")
int count_exec(void* ctx) {
    __u32 uid = bpf_get_current_uid_gid();
    __u64 one = 1;
    __u64* count = bpf_map_lookup_elem(&execs, &uid);
    if (count)
        __sync_fetch_and_add(count, 1);
    else
        bpf_map_update_elem(&execs, &uid, &one, BPF_NOEXIST);
    return 0;
}
