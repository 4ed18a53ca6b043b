// A value of each task, which stays when the program is gone from it.
//! covers: helper task_storage_get
//! covers: helper task_storage_delete
//! covers: map type task_storage
//! since: 5.11
#include "case.h"

struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u64);
} values SEC(".maps");

struct task_struct;

//! test: made, found, deleted, gone
//! run: --prog life
//! expect: seen = {0, 1, 5, 6, 0, -2, 1, 0}
SEC("raw_tp/sys_enter")
int life(void* ctx) {
    struct task_struct* task = bpf_get_current_task_btf();
    __u64 initial = 5;
    SEE(0, bpf_task_storage_get(&values, task, 0, 0) != 0);
    __u64* value = bpf_task_storage_get(&values, task, &initial, BPF_LOCAL_STORAGE_GET_F_CREATE);
    SEE(1, value != 0);
    if (value) {
        SEE(2, *value);
        ++*value;
    }
    value = bpf_task_storage_get(&values, task, &initial, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (value) SEE(3, *value);
    SEE_INT(4, bpf_task_storage_delete(&values, task));
    SEE_INT(5, bpf_task_storage_delete(&values, task));
    SEE(6, bpf_task_storage_get(&values, task, 0, 2) == 0);
    return 0;
}
