// The kernel setting that is read or written.
//! covers: helper sysctl_get_name
//! covers: helper sysctl_get_current_value
//! covers: helper sysctl_get_new_value
//! covers: helper sysctl_set_new_value
#include "case.h"

//! test: its name and its values
//! run: --prog values --ctx write=1 --world network.json
//! expect: setting becomes "7 8 9"
//! expect: seen = {16, 7, -7, 5, 6, 0, 116, 52}
SEC("cgroup/sysctl")
int values(struct bpf_sysctl* ctx) {
    char name[32], base[32], cut[4], value[16], written[16];
    SEE_INT(0, bpf_sysctl_get_name(ctx, name, sizeof(name), 0));
    SEE_INT(1, bpf_sysctl_get_name(ctx, base, sizeof(base), BPF_F_SYSCTL_BASE_NAME));
    SEE_INT(2, bpf_sysctl_get_name(ctx, cut, sizeof(cut), 0));
    SEE_INT(3, bpf_sysctl_get_current_value(ctx, value, sizeof(value)));
    SEE_INT(4, bpf_sysctl_get_new_value(ctx, written, sizeof(written)));
    SEE_INT(5, bpf_sysctl_set_new_value(ctx, "7 8 9", 5));
    SEE(6, base[0]);
    SEE(7, written[0]);
    return 1;
}

//! test: while it is read there is no new value
//! run: --prog values --world network.json
//! expect: seen = {16, 7, -7, 5, -22, -22, 116, 0}
