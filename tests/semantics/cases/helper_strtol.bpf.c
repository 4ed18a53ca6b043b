// A signed number out of text; the result is how many characters it takes.
//! covers: helper strtol
//! since: 5.2
#include "case.h"

//! test: spaces and a sign belong to the number, what follows does not
//! run: --prog number
//! expect: seen = {5, -42, [2 ... 7] = 0}
SEC("xdp")
int number(struct xdp_md* ctx) {
    char text[] = "  -42 packets";
    long value = 7;
    SEE_INT(0, bpf_strtol(text, sizeof(text), 10, &value));
    SEE(1, value);
    return XDP_PASS;
}

//! test: base 0 takes it from the prefix
//! run: --prog prefix
//! expect: seen = {4, 31, 3, 15, [4 ... 7] = 0}
SEC("xdp")
int prefix(struct xdp_md* ctx) {
    char hex[] = "0x1f", octal[] = "017";
    long value;
    SEE_INT(0, bpf_strtol(hex, sizeof(hex), 0, &value));
    SEE(1, value);
    SEE_INT(2, bpf_strtol(octal, sizeof(octal), 0, &value));
    SEE(3, value);
    return XDP_PASS;
}

//! test: no digit or an unknown base is -EINVAL, a number too large -ERANGE; the value is 0
//! run: --prog errors
//! expect: seen = {-22, 0, -22, -34, [4 ... 7] = 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    char word[] = "twin", large[] = "9223372036854775808";
    long value = 7;
    SEE_INT(0, bpf_strtol(word, sizeof(word), 10, &value));
    SEE(1, value);
    SEE_INT(2, bpf_strtol(large, sizeof(large), 2, &value));
    SEE_INT(3, bpf_strtol(large, sizeof(large), 10, &value));
    SEE(4, value);
    return XDP_PASS;
}
