// What a tracing, lsm or struct_ops program is loaded for: a type of the kernel's own BTF.
#pragma once

#include <cstdint>
#include <memory>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// `attach_btf_id` for the program: 0 for types that need none.
/// @return an Error for a target that the kernel does not have, or a program without one.
Result<std::uint32_t> attach_target(Kernel& kernel, const ProgramSpec& program);

}  // namespace bpftwin::kernel
