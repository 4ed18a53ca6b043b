// Verifiers by name: this project's own, and those of kernels.
#pragma once

#include <memory>
#include <string_view>

#include "bpftwin/kernel.h"

namespace bpftwin::compare {

/// The verifier of that name: "bpftwin" is ours, which needs no privilege and makes objects ready
/// for the kernel of this machine; "kernel" and "vm:6.12" are those of kernels
/// (`make_kernel_judge`).
/// @return an Error that lists the names, or says what a kernel lacks.
Result<std::unique_ptr<Judge>> make_judge(std::string_view name);

}  // namespace bpftwin::compare
