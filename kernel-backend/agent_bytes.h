// The executable `bpftwin-agent`, which is in this library as bytes.
#pragma once

#include "bpftwin/error.h"

namespace bpftwin::kernel {

ByteView agent_bytes();

}  // namespace bpftwin::kernel
