// What a program of type syscall learns of its kernel: addresses of symbols, numbers of types.
//! covers: helper kallsyms_lookup_name
//! covers: helper btf_find_by_name_kind
//! since: 5.16
#include "case.h"

#include <linux/btf.h>

const char symbol[] = "schedule";
const char no_symbol[] = "there is none";
const char type[] = "task_struct";

//! test: the address of a symbol, 0 where there is none
//! run: --prog symbols --world symbols.json
//! expect: seen = {0, 1, -2, 0, -22, -22, -22, 0}
SEC("syscall")
int symbols(void* ctx) {
    __u64 address = 1;
    SEE_INT(0, bpf_kallsyms_lookup_name(symbol, sizeof(symbol), 0, &address));
    SEE(1, address != 0);
    SEE_INT(2, bpf_kallsyms_lookup_name(no_symbol, sizeof(no_symbol), 0, &address));
    SEE(3, address);
    SEE_INT(4, bpf_kallsyms_lookup_name(symbol, sizeof(symbol), 1, &address));
    SEE_INT(5, bpf_kallsyms_lookup_name(symbol, sizeof(symbol) - 1, 0, &address));
    SEE_INT(6, bpf_kallsyms_lookup_name(symbol + sizeof(symbol) - 1, 1, 0, &address));
    SEE(7, address);
    return 0;
}

//! test: the number of a type of that name and kind, of which a byte counts
//! run: --prog types
//! expect: seen = {1, -2, -2, 1, -22, -22, 0, 0}
SEC("syscall")
int types(void* ctx) {
    SEE(0, bpf_btf_find_by_name_kind((char*)type, sizeof(type), BTF_KIND_STRUCT, 0) > 0);
    SEE_INT(1, bpf_btf_find_by_name_kind((char*)type, sizeof(type), BTF_KIND_UNION, 0));
    SEE_INT(2, bpf_btf_find_by_name_kind((char*)type, sizeof(type), 99, 0));
    SEE(3, bpf_btf_find_by_name_kind((char*)type, sizeof(type), 256 + BTF_KIND_STRUCT, 0) > 0);
    SEE_INT(4, bpf_btf_find_by_name_kind((char*)type, sizeof(type), BTF_KIND_STRUCT, 1));
    SEE_INT(5, bpf_btf_find_by_name_kind((char*)type, sizeof(type) - 1, BTF_KIND_STRUCT, 0));
    return 0;
}
