// The least types of each BTF kind, in a kernel.
#pragma once

#include <cstdint>

#include "btf/btf.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// Id of a 32-bit integer in what `load_kind` loads.
inline constexpr std::uint32_t int_type = 1;

/// Loads a type of that kind, and what it refers to.
/// @return an Error with the kernel's errno.
Result<Descriptor> load_kind(Kernel& kernel, BtfKind kind);

}  // namespace bpftwin::kernel
