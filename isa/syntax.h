// The slots of `OpInfo::syntax`, which the disassembler fills and the assembler reads: one text per
// row, as kernel/bpf/disasm.c prints it for verifier logs.
#pragma once

#include <cstddef>
#include <string_view>

namespace bpftwin {

/// What stands for a `$` and a letter in `OpInfo::syntax`.
enum class Slot : char {
    dst = 'd',           ///< r1
    dst32 = 'D',         ///< w1
    src = 's',           ///< r1
    src32 = 'S',         ///< w1
    imm = 'i',           ///< imm, decimal: -8
    hex = 'x',           ///< imm, as an unsigned number: 0x10
    off = 'o',           ///< off, with its sign: +8
    jump = 'j',          ///< off as a target: pc+2
    long_jump = 'l',     ///< imm as a target: pc+2
    helper = 'f',        ///< imm as a helper: bpf_map_lookup_elem#1
    kfunc = 'k',         ///< imm as a kernel function: kernel-function#7, off unless 0: […][1]
    spaces = 'a',        ///< imm as address spaces, destination first: 0, 1
    constant = 'q',      ///< imm of both slots: 0x1234
    map = 'm',           ///< imm as a map's number, perhaps with its name: 5 counters
    value_offset = 'v',  ///< imm of the second slot: +8
    btf = 'b',           ///< imm as a type id, the second slot's as a module's BTF: 7[fd:3]
};

/// Calls `literal(std::string_view)` and `slot(Slot)` for the pieces of `syntax` in order, as long
/// as they return true.
/// @return whether all did.
template <class Literal, class OnSlot>
constexpr bool for_each_piece(std::string_view syntax, Literal literal, OnSlot slot) {
    while (!syntax.empty()) {
        if (syntax.front() == '$' && syntax.size() > 1) {
            if (!slot(static_cast<Slot>(syntax[1]))) return false;
            syntax.remove_prefix(2);
            continue;
        }
        auto length = syntax.find('$', 1);
        if (!literal(syntax.substr(0, length))) return false;
        syntax.remove_prefix(length == syntax.npos ? syntax.size() : length);
    }
    return true;
}

}  // namespace bpftwin
