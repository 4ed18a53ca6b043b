// What a refusal by bpf(2) says of a feature.
#pragma once

#include "bpftwin/error.h"

namespace bpftwin::kernel {

/// `false` for the errno of what a kernel does not know.
/// @return for any other an Error: the kernel was not asked what it should be.
Result<bool> absent(const Error& refusal);

}  // namespace bpftwin::kernel
