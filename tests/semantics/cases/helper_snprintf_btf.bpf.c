// Values as text by the kernel's types.
//! covers: helper snprintf_btf
//! since: 5.10
#include "case.h"

#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct timespec64 {
    __s64 tv_sec;
    long tv_nsec;
};
#pragma clang attribute pop

char text[256];

static __always_inline long show(const void* value, __u32 type, __u64 flags) {
    struct btf_ptr what = {.ptr = (void*)value, .type_id = type};
    return bpf_snprintf_btf(text, sizeof(text), &what, sizeof(what), flags);
}

//! test: members that are not 0, each in its line
//! run: --prog lines
//! expect: seen = {49, [1 ... 7] = 0}
//! expect: text = "(struct timespec64){\n .tv_nsec = (long int)-7,\n}\n"
SEC("raw_tp")
int lines(void* ctx) {
    struct timespec64 time = {0, -7};
    SEE_INT(0, show(&time, bpf_core_type_id_kernel(struct timespec64), 0));
    return 0;
}

//! test: all members in one line, without names
//! run: --prog compact
//! expect: seen = {7, [1 ... 7] = 0}
//! expect: text = "{0,-7,}"
SEC("raw_tp")
int compact(void* ctx) {
    struct timespec64 time = {0, -7};
    SEE_INT(0, show(&time, bpf_core_type_id_kernel(struct timespec64),
                    BTF_F_COMPACT | BTF_F_NONAME | BTF_F_ZERO));
    return 0;
}

//! test: arrays, typedefs and anonymous members
//! run: --prog nested
//! expect: text = "(struct ethhdr){.h_dest = (unsigned char[])['H','i',],.h_proto = (__be16)8,}"
SEC("raw_tp")
int nested(void* ctx) {
    __u8 header[14] = {'H', 'i', 0, 'x', [12] = 8};
    SEE_INT(0, show(header, bpf_core_type_id_kernel(struct ethhdr), BTF_F_COMPACT));
    return 0;
}

//! test: the length is that of all the text, of which what fits is written
//! run: --prog cut
//! expect: seen = {49, [1 ... 7] = 0}
//! expect: text = "(struct"
SEC("raw_tp")
int cut(void* ctx) {
    struct timespec64 time = {0, -7};
    struct btf_ptr what = {.ptr = &time, .type_id = bpf_core_type_id_kernel(struct timespec64)};
    SEE_INT(0, bpf_snprintf_btf(text, 8, &what, sizeof(what), 0));
    SEE(1, text[8]);
    return 0;
}

//! test: no such flag, size, type or memory
//! run: --prog refused
//! expect: seen = {-22, -22, -22, -2, -34, 0, 0, 0}
SEC("raw_tp")
int refused(void* ctx) {
    struct timespec64 time = {1, 2};
    const __u32 type = bpf_core_type_id_kernel(struct timespec64);
    struct btf_ptr what[2] = {{.ptr = &time, .type_id = type}};
    SEE_INT(0, bpf_snprintf_btf(text, sizeof(text), what, sizeof(what[0]), 16));
    SEE_INT(1, bpf_snprintf_btf(text, sizeof(text), what, sizeof(what), 0));
    SEE_INT(2, show(&time, 0, 0));
    SEE_INT(3, show(&time, 0x7fffffff, 0));
    SEE_INT(4, show(0, type, 0));
    return 0;
}
