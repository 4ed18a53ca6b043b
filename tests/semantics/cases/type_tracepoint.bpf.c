// A tracepoint: the program gets its record.
//! covers: program type tracepoint
#include "case.h"

struct record {
    __u64 common;
    __s64 number;
    __u64 arguments[6];
};

//! test: fields of the record
//! run: --ctx u64[8]=59 --ctx u64[16]=3
//! expect: returned 0
//! expect: seen = {59, 3, [2 ... 7] = 0}
SEC("tracepoint/raw_syscalls/sys_enter")
int enter(struct record* record) {
    SEE(0, record->number);
    SEE(1, record->arguments[0]);
    return 0;
}
