// Arithmetic: dst = left op right, where `right` may be the immediate. Where the processor has only
// two operands, `left` is copied first; lowering sees to it that `dst` is not `right` then.
#include <bit>

#include "jit/x86_64/emitter.h"

namespace bpftwin::jit::x86_64 {
namespace {

using namespace asmjit::x86;

bool is_immediate(const Lowered& op) { return op.right == no_register; }

/// dst = left, for an instruction that then works on dst.
Gp copy_left(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp dst = reg(op.dst, bits);
    if (op.dst != op.left) e.a.mov(dst, reg(op.left, bits));
    return dst;
}

/// An instruction of two operands whose second may be an immediate.
void two_operands(Emitter& e, const Lowered& op, unsigned bits, Inst::Id instruction) {
    const Gp dst = copy_left(e, op, bits);
    if (is_immediate(op))
        e.a.emit(instruction, dst, asmjit::imm(static_cast<std::int32_t>(op.imm)));
    else
        e.a.emit(instruction, dst, reg(op.right, bits));
}

void add(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp dst = reg(op.dst, bits);
    if (is_immediate(op)) {
        if (op.dst == op.left) return two_operands(e, op, bits, Inst::kIdAdd);
        e.a.lea(dst, ptr(reg(op.left), static_cast<std::int32_t>(op.imm)));
    } else if (op.scale == 0 && op.off == 0 && (op.dst == op.left || op.dst == op.right)) {
        e.a.add(dst, reg(op.dst == op.left ? op.right : op.left, bits));
    } else {
        e.a.lea(dst, ptr(reg(op.left), reg(op.right), op.scale, op.off));
    }
}

void sub(Emitter& e, const Lowered& op, unsigned bits) { two_operands(e, op, bits, Inst::kIdSub); }
void or_(Emitter& e, const Lowered& op, unsigned bits) { two_operands(e, op, bits, Inst::kIdOr); }
void xor_(Emitter& e, const Lowered& op, unsigned bits) { two_operands(e, op, bits, Inst::kIdXor); }

void and_(Emitter& e, const Lowered& op, unsigned bits) {
    constexpr std::int64_t byte = 0xff, half = 0xffff;
    if (!is_immediate(op)) return two_operands(e, op, bits, Inst::kIdAnd);
    if (op.imm == byte || op.imm == half) {
        e.a.movzx(reg(op.dst, 32), reg(op.left, op.imm == byte ? 8 : 16));
        return;
    }
    // A mask without its upper half set clears that of the register: 32 bits do.
    two_operands(e, op, op.imm >= 0 ? 32 : bits, Inst::kIdAnd);
}

void mul(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp dst = reg(op.dst, bits), left = reg(op.left, bits);
    if (!is_immediate(op)) {
        e.a.imul(copy_left(e, op, bits), reg(op.right, bits));
    } else if (op.imm == 3 || op.imm == 5 || op.imm == 9) {
        const auto scale =
            static_cast<std::uint32_t>(std::countr_zero(static_cast<std::uint32_t>(op.imm - 1)));
        e.a.lea(dst, ptr(reg(op.left), reg(op.left), scale));
    } else {
        e.a.imul(dst, left, static_cast<std::int32_t>(op.imm));
    }
}

/// The instruction for a shift, and the one that takes its count from any register.
struct Shift {
    Inst::Id by_cl;
    Inst::Id by_any;
};
constexpr Shift left_shift = {Inst::kIdShl, Inst::kIdShlx};
constexpr Shift right_shift = {Inst::kIdShr, Inst::kIdShrx};
constexpr Shift signed_shift = {Inst::kIdSar, Inst::kIdSarx};

/// Without BMI2 the count must be in cl, which is r3.
void shift_by_cl(Emitter& e, const Lowered& op, unsigned bits, Inst::Id instruction) {
    const Gp value = sized(scratch, bits);
    e.a.mov(value, reg(op.left, bits));
    if (op.right != 3) e.a.mov(scratch2, rcx);
    if (op.right != 3) e.a.mov(ecx, reg(op.right, 32));
    e.a.emit(instruction, value, cl);
    if (op.right != 3) e.a.mov(rcx, scratch2);
    e.a.mov(reg(op.dst, bits), value);
}

void shift(Emitter& e, const Lowered& op, unsigned bits, const Shift& kind) {
    if (is_immediate(op)) {
        const auto count = static_cast<std::uint32_t>(op.imm) & (bits - 1);
        if (count == 0) return e.move(reg(op.dst, bits), reg(op.left, bits));
        const Gp dst = copy_left(e, op, bits);
        e.a.emit(kind.by_cl, dst, asmjit::imm(count));
    } else if (e.has_bmi2()) {
        e.a.emit(kind.by_any, reg(op.dst, bits), reg(op.left, bits), reg(op.right, bits));
    } else {
        shift_by_cl(e, op, bits, kind.by_cl);
    }
}

void lsh(Emitter& e, const Lowered& op, unsigned bits) { shift(e, op, bits, left_shift); }
void rsh(Emitter& e, const Lowered& op, unsigned bits) { shift(e, op, bits, right_shift); }
void arsh(Emitter& e, const Lowered& op, unsigned bits) { shift(e, op, bits, signed_shift); }

void mov(Emitter& e, const Lowered& op, unsigned bits) {
    if (!is_immediate(op)) return e.move(reg(op.dst, bits), reg(op.right, bits));
    const auto value = static_cast<std::uint64_t>(op.imm);
    e.load_constant(reg(op.dst), bits == 32 ? static_cast<std::uint32_t>(value) : value);
}

void neg(Emitter& e, const Lowered& op, unsigned bits) { e.a.neg(copy_left(e, op, bits)); }

void movsx(Emitter& e, const Lowered& op, unsigned from, unsigned bits) {
    if (from == 32)
        e.a.movsxd(reg(op.dst), reg(op.left, 32));
    else
        e.a.movsx(reg(op.dst, bits), reg(op.left, from));
}

void rotate(Emitter& e, const Lowered& op, unsigned bits) {
    const auto count = static_cast<std::uint32_t>(op.imm);
    if (op.dst != op.left && e.has_bmi2())
        e.a.rorx(reg(op.dst, bits), reg(op.left, bits), bits - count);
    else
        e.a.rol(copy_left(e, op, bits), count);
}

/// To little endian: keeps the low bits.
void le(Emitter& e, const Lowered& op, unsigned bits) {
    if (bits == 16)
        e.a.movzx(reg(op.dst, 32), reg(op.left, 16));
    else
        e.move(reg(op.dst, bits), reg(op.left, bits));
}

void bswap(Emitter& e, const Lowered& op, unsigned bits) {
    if (bits == 16) {
        e.a.movzx(reg(op.dst, 32), reg(op.left, 16));
        e.a.rol(reg(op.dst, 16), 8);
    } else {
        e.a.bswap(copy_left(e, op, bits));
    }
}
void be(Emitter& e, const Lowered& op, unsigned bits) { bswap(e, op, bits); }

void lddw(Emitter& e, const Lowered& op) {
    if (op.row == Row::lddw_func)
        e.a.lea(reg(op.dst), ptr(e.function_label(op.target)));
    else
        e.load_constant(reg(op.dst), static_cast<std::uint64_t>(op.imm));
}

}  // namespace

#define ALU(name, ...)                        \
    BPFTWIN_EMIT(name##32_k, name(e, op, 32)) \
    BPFTWIN_EMIT(name##32_x, name(e, op, 32)) \
    BPFTWIN_EMIT(name##64_k, name(e, op, 64)) \
    BPFTWIN_EMIT(name##64_x, name(e, op, 64))
#define NEG(name, ...) \
    BPFTWIN_EMIT(name##32, name(e, op, 32)) BPFTWIN_EMIT(name##64, name(e, op, 64))
#define MOVSX(from, width, ...) BPFTWIN_EMIT(movsx##from##_##width, movsx(e, op, from, width))
#define CAST(name, ...) BPFTWIN_EMIT(name, e.a.mov(reg(op.dst, 32), reg(op.left, 32)))
#define END(name, code, bits, ...) BPFTWIN_EMIT(name##bits, name(e, op, bits))
#define LDDW(name, ...) BPFTWIN_EMIT(name, lddw(e, op))
#include "isa/insns.def"

BPFTWIN_EMIT(rotate32, rotate(e, op, 32))
BPFTWIN_EMIT(rotate64, rotate(e, op, 64))

}  // namespace bpftwin::jit::x86_64
