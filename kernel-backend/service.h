// The agent's side of the protocol: requests answered by asking a kernel.
#pragma once

#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// @param request a frame, which need not make sense.
/// @return the frame of the answer, not longer than `longest_frame`.
Bytes serve(Kernel& kernel, ByteView request);

}  // namespace bpftwin::kernel
