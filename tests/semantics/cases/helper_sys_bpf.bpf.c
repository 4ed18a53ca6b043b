// The system call bpf(2) for programs of type syscall: what loaders do with maps.
//! covers: helper sys_bpf
//! covers: helper sys_close
//! since: 5.14
#include "case.h"

static int create(__u32 type, __u32 key_size, __u32 value_size, __u32 entries, __u32 flags) {
    union bpf_attr attr = {};
    attr.map_type = type;
    attr.key_size = key_size;
    attr.value_size = value_size;
    attr.max_entries = entries;
    attr.map_flags = flags;
    return bpf_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int update(int map, __u32 key, __u64 value, __u64 flags) {
    union bpf_attr attr = {};
    attr.map_fd = map;
    attr.key = (long)&key;
    attr.value = (long)&value;
    attr.flags = flags;
    return bpf_sys_bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static int erase(int map, __u32 key) {
    union bpf_attr attr = {};
    attr.map_fd = map;
    attr.key = (long)&key;
    return bpf_sys_bpf(BPF_MAP_DELETE_ELEM, &attr, sizeof(attr));
}

static int freeze(int map) {
    union bpf_attr attr = {};
    attr.map_fd = map;
    return bpf_sys_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

//! test: elements are written and deleted until user space may not write any more
//! run: --prog elements
//! expect: seen = {0, -17, -2, -7, 0, -2, 0, -1}
SEC("syscall")
int elements(void* ctx) {
    int map = create(BPF_MAP_TYPE_HASH, 4, 8, 1, 0);
    if (map < 0) return map;
    SEE(0, update(map, 1, 2, BPF_NOEXIST));
    SEE(1, update(map, 1, 2, BPF_NOEXIST));
    SEE(2, update(map, 3, 2, BPF_EXIST));
    SEE(3, update(map, 3, 2, BPF_ANY));
    SEE(4, erase(map, 1));
    SEE(5, erase(map, 1));
    SEE(6, freeze(map));
    SEE(7, update(map, 1, 2, BPF_ANY));
    bpf_sys_close(map);
    return 0;
}

//! test: a map that cannot be is not made
//! run: --prog creation
//! expect: seen = {-22, -22, -22, -12, 1, 1, 0, -9}
SEC("syscall")
int creation(void* ctx) {
    SEE(0, create(BPF_MAP_TYPE_ARRAY, 8, 8, 1, 0));
    SEE(1, create(9999, 4, 8, 1, 0));
    SEE(2, create(BPF_MAP_TYPE_HASH, 4, 8, 0, 0));
    SEE(3, create(BPF_MAP_TYPE_ARRAY, 4, 0x7fffffff, 0xffffffff, 0));
    int map = create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
    SEE(4, map > 2);
    int other = create(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, 0);
    SEE(5, other > map);
    bpf_sys_close(other);
    SEE(6, bpf_sys_close(map));
    SEE(7, bpf_sys_close(map));
    return 0;
}

//! test: descriptors that are closed or of no map, commands that programs cannot give
//! run: --prog errors
//! expect: seen = {-9, -9, -22, -22, -7, -2, -22, -14}
SEC("syscall")
int errors(void* ctx) {
    union bpf_attr attr = {};
    SEE(0, update(9999, 1, 2, 0));
    SEE(1, freeze(9999));
    SEE(2, bpf_sys_bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
    attr.map_fd = 9999;
    attr.flags = 1;
    SEE(3, bpf_sys_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)));
    char longer[200] = {};
    longer[199] = 1;
    SEE(4, bpf_sys_bpf(BPF_MAP_FREEZE, longer, sizeof(longer)));
    __builtin_memset(&attr, 0, sizeof(attr));
    attr.map_id = 0xfffffff0;
    SEE(5, bpf_sys_bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr)));
    attr.open_flags = 1;
    SEE(6, bpf_sys_bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr)));
    int map = create(BPF_MAP_TYPE_HASH, 4, 8, 1, 0);
    __builtin_memset(&attr, 0, sizeof(attr));
    attr.map_fd = map;
    SEE(7, bpf_sys_bpf(BPF_MAP_DELETE_ELEM, &attr, sizeof(attr)));
    bpf_sys_close(map);
    return 0;
}
