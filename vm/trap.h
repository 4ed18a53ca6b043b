// From a stopped machine to the `Trap` that users see.
#pragma once

#include "bpftwin/run.h"
#include "vm/machine.h"

namespace bpftwin {

/// Describes why and where `machine` was stopped.
Trap trap_of(Machine& machine, const Btf* btf);

}  // namespace bpftwin
