// The local kernel's verifier log, for tests that compare ours with it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin::test {

/// Why the kernel cannot be asked ("bpf(2): Operation not permitted"), or empty if it can.
std::string why_no_kernel();

/// Submits the program and returns the verifier's log at level 2, whatever the verdict is. The
/// program is released at once. An Error only where bpf(2) itself failed.
Result<std::string> verifier_log(std::span<const Insn> program, std::uint32_t prog_type);

}  // namespace bpftwin::test
