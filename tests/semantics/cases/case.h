// What the cases share: includes, a licence and the array that they leave their observations in.
#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

/// What the program observed: values that it read, results of helpers as the `int` that they are.
__s64 seen[8];
#define SEE(index, value) (seen[index] = (__s64)(value))
#define SEE_INT(index, value) SEE(index, (int)(value))
