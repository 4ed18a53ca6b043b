// Assembler for the syntax of verifier logs: reads back what isa/disasm.h prints.
//
//   0: (b7) r0 = 0            index and opcode may stand before an instruction; the opcode tells
//                             (18) r1 = 0x5, a 64-bit constant, from (b7) r1 = 5
//   r1 = 0x5 ll               the same without opcode
//   if r1 != 0 goto out       a label where the disassembler prints pc+N
//   call twice                call of a function of the program by its label
//   call bpf_ktime_get_ns     call of a helper by name or number, with names given
//   out: exit                 a label's definition
//
// ";" and "//" begin a comment, and so does "#" where it begins a line.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin {

/// Numbers of names; each may be empty, and returns nothing for an unknown name.
struct AssemblerNames {
    std::function<std::optional<std::int32_t>(std::string_view name)> helper;
    /// BTF type id of a kernel function.
    std::function<std::optional<std::int32_t>(std::string_view name)> kfunc;
};

/// Instructions of a program text. Numeric targets may lie outside; `validate` finds that.
/// @return an Error that names line, text and what was expected:
/// `line 2: "r1 += foo": expected a number or r0 to r10 at "foo"`.
Result<std::vector<Insn>> assemble(std::string_view text, const AssemblerNames& names = {});

}  // namespace bpftwin
