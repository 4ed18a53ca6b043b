// The printing of bpf_trace_printk, bpf_trace_vprintk and bpf_snprintf (kernel/bpf/helpers.c
// bpf_bprintf_prepare, lib/vsprintf.c bstr_printf).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bpftwin {

class Runtime;

/// Prints `args` by `format` into `out`, cut off where it is full and zero-terminated unless it has
/// no byte at all. Strings and IP addresses are read through `runtime`: what cannot be read prints
/// as an empty string or zeros. Pointers by %p print as an arbitrary number that is the same for
/// the same pointer; no kernel symbol is known, so %ps, %pS and %pB print the address.
/// @param format without its terminating zero.
/// @return the length of the untruncated text, -EINVAL for a format that the kernel refuses, or
/// -ENOSPC when the strings behind `args` exceed 512 bytes.
long print(Runtime& runtime, std::string_view format, std::span<const std::uint64_t> args,
           std::span<char> out);

}  // namespace bpftwin
