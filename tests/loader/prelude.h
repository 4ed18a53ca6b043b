// What every test program begins with: names of its own, so that no header is needed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace bpftwin::test {

inline const std::string prelude = R"(
typedef unsigned char u8; typedef unsigned int u32; typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))
#define HIDDEN __attribute__((visibility("hidden")))
#define __uint(name, value) int (*name)[value]
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_loop)(u32 n, void *callback, void *ctx, u64 flags) = (void *)181;
char _license[] SEC("license") = "GPL";
)";

/// A compiler's name as part of a test's name.
inline std::string compiler_name(const testing::TestParamInfo<const char*>& compiler) {
    std::string name = compiler.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace bpftwin::test
