// Live registers and loops as lines of the kernel's log at level 2 ("Live regs before insn:").
#pragma once

#include <string>
#include <vector>

#include "bpftwin/spec.h"
#include "verifier/flow.h"

namespace bpftwin::test {

/// One line per instruction, up to its text: "  1   3: .123456...", or "      3: …" in no loop.
std::vector<std::string> live_lines(const ProgramSpec& program, const verifier::Flow& flow);

/// The same lines out of a kernel's log; none where it did not come so far.
std::vector<std::string> live_lines(const std::string& log);

/// All that is found before values are looked at, in the kernel's order.
verifier::Checked<verifier::Flow> early_flow(const ObjectSpec& object, const ProgramSpec& program,
                                             const verifier::KfuncKinds& kfuncs = {});

}  // namespace bpftwin::test
