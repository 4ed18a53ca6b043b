// Programs between decoder and code emitters: what is emitted, in terms that suit every target.
// The rows of the instruction table, with operands that a machine has and BPF has not: a third
// register, an index register in an address.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bpftwin/spec.h"
#include "isa/op.h"

namespace bpftwin::jit {

/// What is emitted for one lowered instruction: a row of the instruction table (same value as its
/// `Op`), or an operation of jit/lowered.def.
enum class Row : std::uint16_t {
#define ALU(name, ...) name##32_k, name##32_x, name##64_k, name##64_x,
#define NEG(name, ...) name##32, name##64,
#define MOVSX(from, width, ...) movsx##from##_##width,
#define CAST(name, ...) name,
#define END(name, code, bits, ...) name##bits,
#define JMP(name, ...) name##64_k, name##64_x, name##32_k, name##32_x,
#define JA(name, ...) name,
#define CALL(name, ...) name,
#define EXIT(name, ...) name,
#define LDX(name, ...) name,
#define LDXSX(name, ...) name,
#define ST(name, ...) name,
#define STX(name, ...) name,
#define ATOMIC(name, ...) name##32, name##64,
#define LOAD_ACQUIRE(name, ...) name,
#define STORE_RELEASE(name, ...) name,
#define LD_ABS(name, ...) name,
#define LD_IND(name, ...) name,
#define LDDW(name, ...) name,
#include "isa/insns.def"
#define LOWERED(name) name,
#include "jit/lowered.def"
};
inline constexpr std::size_t row_count = static_cast<std::size_t>(Row::function_end) + 1;

constexpr Row row(Op op) { return static_cast<Row>(op); }
constexpr bool is_op(Row row) { return static_cast<std::size_t>(row) < op_count; }
/// The description of a row that is one of the instruction table.
constexpr const OpInfo& info(Row row) { return bpftwin::info(static_cast<Op>(row)); }

constexpr bool is_family(Row row, Family family) {
    return is_op(row) && info(row).family == family;
}
/// Whether a row may continue at its `target`.
constexpr bool is_jump(Row row) {
    return is_family(row, Family::jmp) || is_family(row, Family::ja);
}
/// Whether a row may continue with the operation behind it.
constexpr bool falls_through(Row row) {
    return row != Row::exit && row != Row::ja && row != Row::gotol && row != Row::function_end;
}

/// A set of BPF registers, bit n for rn.
using RegisterSet = std::uint16_t;
constexpr RegisterSet bit(unsigned reg) { return static_cast<RegisterSet>(1U << reg); }
inline constexpr RegisterSet arguments = 0b0'0000'0011'1110;      ///< r1 to r5.
inline constexpr RegisterSet caller_saved = 0b0'0000'0011'1111;   ///< r0 to r5.
inline constexpr RegisterSet callee_saved = 0b0'0011'1100'0000;   ///< r6 to r9.
inline constexpr RegisterSet all_registers = 0b0'0111'1111'1111;  ///< r0 to r10.

inline constexpr std::uint8_t no_register = 0xff;

/// What a conditional jump does instead of jumping.
enum class Select : std::uint8_t {
    none,
    set,     ///< dst, which is 0, becomes 1.
    move32,  ///< dst becomes `index`, or without one `off`, zero-extended from 32 bits.
    move64,  ///< dst becomes `index`, or without one `off`, sign-extended.
};

/// One operation. Operands by family:
///   alu:     dst = left op right, or with `_k` dst = left op imm
///   address: memory at left + (index << scale) + off; loads write dst, stores write right or imm
///   jmp:     if left op right (imm) goto target, or `select`
struct Lowered {
    Row row{};
    std::uint8_t dst = no_register;
    std::uint8_t left = no_register;
    std::uint8_t right = no_register;
    std::uint8_t index = no_register;
    std::uint8_t scale = 0;        ///< Also of `right` in an `add64_x`.
    bool negated = false;          ///< jset: jump if no bit is set.
    bool byte_swapped = false;     ///< ldxh, ldxw, ldxdw: the value is big-endian.
    Select select = Select::none;  ///< jmp only.
    bool is_target = false;        ///< A jump, call or function pointer leads here.
    RegisterSet uses = 0;          ///< Registers read.
    RegisterSet defines = 0;       ///< Registers written or made worthless.
    RegisterSet live_after = 0;    ///< Registers whose values are read later.
    std::int32_t off = 0;
    std::uint32_t first_pc = 0;     ///< First BPF instruction that this stands for.
    std::uint32_t pc = 0;           ///< The one that a trap is attributed to.
    std::uint32_t target = 0;       ///< Jumps, local calls, function pointers: BPF instruction.
    std::uint32_t loop_length = 0;  ///< Of the longest loop that jumps back to here; 0: none.
    std::int64_t imm = 0;           ///< Immediate, constant, or address of what is called.
};

/// Whether control may continue at the operation's `target`.
constexpr bool jumps(const Lowered& op) { return is_jump(op.row) && op.select == Select::none; }

/// The memory that an operation reads or writes: at base + (index << scale) + off.
struct Access {
    std::uint8_t base = no_register;  ///< None: the operation accesses no memory of the program.
    std::uint8_t index = no_register;
    std::uint8_t scale = 0;
    std::uint8_t loads = no_register;  ///< ldx, ldxsx: the register that receives the value.
    std::int32_t off = 0;
};

constexpr Access access_of(const Lowered& op) {
    if (op.row == Row::array_lookup) return {.base = 2};
    if (!is_op(op.row)) return {};
    switch (info(op.row).family) {
        case Family::ldx:
        case Family::ldxsx: return {op.left, op.index, op.scale, op.dst, op.off};
        case Family::load_acquire:
        case Family::store_release:
        case Family::st:
        case Family::stx:
        case Family::atomic: return {op.left, op.index, op.scale, no_register, op.off};
        case Family::alu:
        case Family::neg:
        case Family::movsx:
        case Family::cast:
        case Family::end:
        case Family::jmp:
        case Family::ja:
        case Family::call:
        case Family::exit:
        case Family::ld_abs:
        case Family::ld_ind:
        case Family::lddw: return {};
    }
    return {};
}

/// A function of the program: entry or subprogram.
struct LoweredFunction {
    std::uint32_t pc = 0;      ///< First BPF instruction.
    std::uint32_t length = 0;  ///< BPF instructions.
    std::uint32_t first = 0;   ///< Index of its first operation, which is followed by the others.
    std::uint32_t end = 0;     ///< Index behind its last operation.
    RegisterSet saved = 0;     ///< Of r6 to r9, those that it writes.
    bool calls = false;        ///< Whether it makes native calls.
    bool uses_frame = false;   ///< Whether it reads r10 or calls what may.
    bool counts_may_goto = false;  ///< Whether it has a `may_goto`.
};

/// A lowered program, functions in layout order.
struct LoweredProgram {
    const ProgramSpec* program = nullptr;
    std::vector<Lowered> code;
    std::vector<LoweredFunction> functions;

    /// Index of the function that begins at this BPF instruction.
    [[nodiscard]] std::size_t function_at(std::uint32_t pc) const {
        const auto found = std::ranges::lower_bound(functions, pc, {}, &LoweredFunction::pc);
        return static_cast<std::size_t>(found - functions.begin());
    }
};

}  // namespace bpftwin::jit
