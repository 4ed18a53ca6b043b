// An object made ready for the kernel that it is loaded into, whatever it was ready for before.
#pragma once

#include "bpftwin/spec.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// A copy of the object whose CO-RE relocations are resolved against the kernel's types.
ObjectSpec ready_for(Kernel& kernel, const ObjectSpec& object);

}  // namespace bpftwin::kernel
