// Reads of memory that may not exist (mm/maccess.c).
#pragma once

#include <cstddef>
#include <cstdint>

namespace bpftwin {

class Runtime;

/// Copies a zero-terminated string, cut off so that `size` bytes hold it with its zero.
/// @return bytes written with the zero, 0 for `size` 0, or -EFAULT if the string runs into memory
/// that cannot be read; the destination is unspecified then.
long probe_read_string(Runtime& runtime, char* to, std::uint64_t from, std::size_t size);

/// What a kernel says of memory that it cannot read: -EFAULT, or -ERANGE where none of its is.
long kernel_error(std::uint64_t from);

}  // namespace bpftwin
