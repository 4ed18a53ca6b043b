// Around functions: where programs may sleep, or replace results.
#include "kernel.h"

ACCEPTED
SEC("fmod_ret/bpf_modify_return_test")
int fmr(void* c) { return 0; }

ACCEPTED
SEC("fmod_ret.s/bpf_fentry_test1")
int fmrs(void* c) { return 0; }

ACCEPTED
SEC("fmod_ret/bpf_fentry_test1")
int fmr1(void* c) { return 0; }

ACCEPTED
SEC("fentry.s/bpf_fentry_test1")
int fes(void* c) { return 0; }

ACCEPTED
SEC("fentry/bpf_fentry_test2")
int fe2(void* c) { return 0; }

REJECTED("__x64_sys_getpgid is not sleepable")
SEC("fentry.s/__x64_sys_getpgid")
int feg(void* c) { return 0; }

REJECTED("vfs_read() is not modifiable")
SEC("fmod_ret/vfs_read")
int fmv(void* c) { return 0; }

ACCEPTED
SEC("fmod_ret/security_file_open")
int fms(void* c) { return 0; }

REJECTED("security_file_open is not sleepable")
SEC("fmod_ret.s/security_file_open")
int fmss(void* c) { return 0; }

REJECTED("vfs_read is not sleepable")
SEC("fentry.s/vfs_read")
int fmvs(void* c) { return 0; }

ACCEPTED
SEC("fmod_ret/update_socket_protocol")
int fmu(void* c) { return 0; }

REJECTED("bpf_modify_return_test is not sleepable")
SEC("fexit.s/bpf_modify_return_test")
int fxs(void* c) { return 0; }

REJECTED("update_socket_protocol is not sleepable")
SEC("fexit.s/update_socket_protocol")
int fxu(void* c) { return 0; }

REJECTED("__x64_sys_getpgid is not sleepable")
SEC("fmod_ret.s/__x64_sys_getpgid")
int fmg(void* c) { return 0; }

REJECTED("__x64_sys_getpgid() is not modifiable")
SEC("fmod_ret/__x64_sys_getpgid")
int fmgn(void* c) { return 0; }
