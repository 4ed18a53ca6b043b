// The assembler dialect of the bpf_conformance suite: "lock fetch add32 [%r10-8], %r1".
#pragma once

#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin::conformance {

/// Instructions of an `-- asm` section. Mnemonics follow from the rows of isa/insns.def; "exit" is
/// also the label of the first exit.
/// @return an Error that begins with "line N: ".
Result<std::vector<Insn>> assemble_dialect(std::string_view text);

}  // namespace bpftwin::conformance
