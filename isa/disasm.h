// Disassembler in the syntax of verifier logs (kernel/bpf/disasm.c): "(bf) r1 = r10".
//
// Where the kernel's text cannot be read back it is made unambiguous:
//   r1 = map[fd:5]          address of a map (kernel: its address); also map[idx:5]
//   r1 = map[fd:5][0]+8     address of offset 8 in the map's first value; also map[idx:5][0]+8
//   r1 = btf_id 7           address of a kernel variable, btf_id 7[fd:3] of a module's
//   r1 = subprog[pc+4]      address of a function of the program
//   callx r2                call by register (unknown to the kernel)
//   call kernel-function#7[1]   kernel function of the module with BTF index 1
#pragma once

#include <functional>
#include <span>
#include <string>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin {

/// Where names come from; each may be empty, and may return an empty string for "unknown".
struct DisasmNames {
    /// Name of a helper by id: "bpf_map_lookup_elem".
    std::function<std::string(std::int32_t id)> helper;
    /// Name of the kernel function that a call instruction names by its `imm` and `off`.
    std::function<std::string(const Insn& call)> kfunc;
    /// Name of the map that the first slot of an `lddw` names by its `src` and `imm`.
    std::function<std::string(const Insn& lddw)> map;
};

/// Text of the instruction at `pc`, with its opcode: "(85) call bpf_map_lookup_elem#1".
/// @return an Error that begins with "insn N: " for an invalid encoding.
Result<std::string> disassemble(std::span<const Insn> program, std::size_t pc,
                                const DisasmNames& names = {});

/// Text of a whole program, one line "N: (xx) …" for each instruction.
Result<std::string> disassemble(std::span<const Insn> program, const DisasmNames& names = {});

}  // namespace bpftwin
