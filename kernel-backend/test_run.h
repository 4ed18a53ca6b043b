// BPF_PROG_TEST_RUN: one program, run by the kernel on what the caller gives (net/bpf/test_run.c).
#pragma once

#include "bpftwin/run.h"
#include "bpftwin/spec.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// Runs the loaded program. Fills return value, packet, context and duration.
/// @return an Error with the code 524 (ENOTSUPP) where the kernel cannot test-run programs of the
/// type, or does not take the input.
Result<RunResult> test_run(Kernel& kernel, int program, const ProgramSpec& spec,
                           const RunInput& input);

}  // namespace bpftwin::kernel
