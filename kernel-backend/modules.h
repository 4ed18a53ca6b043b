// Types of the modules of this machine's kernel.
#pragma once

#include <string_view>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

class Kernel;

/// A descriptor of the types of that module, by which programs refer to what it has.
/// @param kernel this machine's: what it writes is behind pointers that only it can follow.
Result<int> open_module_types(Kernel& kernel, std::string_view module);

}  // namespace bpftwin::kernel
