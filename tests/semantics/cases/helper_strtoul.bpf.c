// An unsigned number out of text; the result is how many characters it takes.
//! covers: helper strtoul
//! since: 5.2
#include "case.h"

//! test: hexadecimal digits need no prefix when the base is given
//! run: --prog number
//! expect: seen = {4, 65261, 6, 65261, [4 ... 7] = 0}
SEC("xdp")
int number(struct xdp_md* ctx) {
    char plain[] = "feed", prefixed[] = "0xfeed";
    unsigned long value;
    SEE_INT(0, bpf_strtoul(plain, sizeof(plain), 16, &value));
    SEE(1, value);
    SEE_INT(2, bpf_strtoul(prefixed, sizeof(prefixed), 16, &value));
    SEE(3, value);
    return XDP_PASS;
}

//! test: a sign is -EINVAL, a number over 64 bits -ERANGE; the value is 0
//! run: --prog errors
//! expect: seen = {-22, 0, -34, 0, 20, -1, 0, 0}
SEC("xdp")
int errors(struct xdp_md* ctx) {
    char negative[] = "-1", over[] = "18446744073709551616", most[] = "18446744073709551615";
    unsigned long value = 7;
    SEE_INT(0, bpf_strtoul(negative, sizeof(negative), 10, &value));
    SEE(1, value);
    SEE_INT(2, bpf_strtoul(over, sizeof(over), 10, &value));
    SEE(3, value);
    SEE_INT(4, bpf_strtoul(most, sizeof(most), 10, &value));
    SEE(5, value);
    return XDP_PASS;
}
