// A kernel as the target that objects are made ready for.
#pragma once

#include "bpftwin/spec.h"
#include "bpftwin/target.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// What the object asks of the kernel; what it does not ask for, or what cannot be read, stays
/// empty.
Target target_of(Kernel& kernel, const ObjectSpec& object);

/// The object made ready for the kernel that it is loaded into, whatever it was ready for before.
ObjectSpec ready_for(Kernel& kernel, const ObjectSpec& object);

}  // namespace bpftwin::kernel
