// Encodings, refused when and how the kernel refuses them.
#pragma once

#include <span>
#include <vector>

#include "bpftwin/insn.h"
#include "isa/op.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// The row of every slot; both slots of an `lddw` have its row. Refuses opcodes that do not exist,
/// and what the kernel's first pass sees of `lddw` and loads (resolve_pseudo_ldimm64). Other fields
/// may be wrong, jumps lead anywhere; where fields tell no row, it is one of the same opcode.
Checked<std::vector<Op>> rows_of(std::span<const Insn> insns);

/// Whether the fields of an instruction of row `op` are right, asked when control comes by
/// (do_check). Registers above r10 are left to who reads or writes them.
Checked<void> check_fields(const Insn& insn, Op op);

}  // namespace bpftwin::verifier
