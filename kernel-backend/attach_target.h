// What a tracing, lsm or struct_ops program is loaded for: a type of the kernel's own BTF.
#pragma once

#include <cstdint>
#include <memory>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// Fields of BPF_PROG_LOAD.
struct AttachTarget {
    std::uint32_t attach_btf_id = 0;  ///< 0 for types that need none.
    /// Which is the program's own but for struct_ops: there it is the member's index.
    std::uint32_t expected_attach_type = 0;
};

/// @return an Error for a target that the kernel does not have, or a program without one.
Result<AttachTarget> attach_target(Kernel& kernel, const ProgramSpec& program);

}  // namespace bpftwin::kernel
