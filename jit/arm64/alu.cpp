// Arithmetic: dst = left op right, where `right` may be the immediate.
#include <bit>

#include "jit/arm64/emitter.h"

namespace bpftwin::jit::arm64 {
namespace {

using namespace asmjit::a64;
using InstId = asmjit::InstId;

void add(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp dst = reg(op.dst, bits), left = reg(op.left, bits);
    if (is_immediate(op)) return e.add(dst, left, static_cast<std::int32_t>(op.imm));
    if (op.scale == 0)
        e.a.add(dst, left, reg(op.right, bits));
    else
        e.a.add(dst, left, reg(op.right, bits), op.scale);
    if (op.off != 0) e.add(dst, dst, op.off);
}

void sub(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp dst = reg(op.dst, bits), left = reg(op.left, bits);
    if (is_immediate(op)) return e.add(dst, left, -static_cast<std::int64_t>(op.imm));
    e.a.sub(dst, left, reg(op.right, bits));
}

void logical(Emitter& e, const Lowered& op, unsigned bits, InstId instruction) {
    const Gp dst = reg(op.dst, bits), left = reg(op.left, bits);
    const std::uint64_t value = immediate(op, bits);
    if (is_immediate(op) && is_logical_immediate(value, bits))
        e.a.emit(instruction, dst, left, value);
    else
        e.a.emit(instruction, dst, left, right(e, op, bits));
}

void or_(Emitter& e, const Lowered& op, unsigned bits) { logical(e, op, bits, Inst::kIdOrr); }
void and_(Emitter& e, const Lowered& op, unsigned bits) { logical(e, op, bits, Inst::kIdAnd); }

void xor_(Emitter& e, const Lowered& op, unsigned bits) {
    if (is_immediate(op) && op.imm == -1)
        e.a.mvn(reg(op.dst, bits), reg(op.left, bits));
    else
        logical(e, op, bits, Inst::kIdEor);
}

void mul(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp dst = reg(op.dst, bits), left = reg(op.left, bits);
    const std::uint64_t value = immediate(op, bits);
    if (is_immediate(op) && value > 1 && std::has_single_bit(value))
        e.a.lsl(dst, left, std::countr_zero(value));
    else if (is_immediate(op) && value > 2 && std::has_single_bit(value - 1))
        e.a.add(dst, left, left, std::countr_zero(value - 1));
    else
        e.a.mul(dst, left, right(e, op, bits));
}

void shift(Emitter& e, const Lowered& op, unsigned bits, InstId instruction) {
    const Gp dst = reg(op.dst, bits), left = reg(op.left, bits);
    if (!is_immediate(op)) {
        e.a.emit(instruction, dst, left, reg(op.right, bits));
        return;
    }
    const auto count = static_cast<std::uint32_t>(op.imm) & (bits - 1);
    if (count == 0)
        e.move(dst, left);
    else
        e.a.emit(instruction, dst, left, count);
}

void lsh(Emitter& e, const Lowered& op, unsigned bits) { shift(e, op, bits, Inst::kIdLsl); }
void rsh(Emitter& e, const Lowered& op, unsigned bits) { shift(e, op, bits, Inst::kIdLsr); }
void arsh(Emitter& e, const Lowered& op, unsigned bits) { shift(e, op, bits, Inst::kIdAsr); }

void mov(Emitter& e, const Lowered& op, unsigned bits) {
    if (is_immediate(op))
        e.load_constant(reg(op.dst), immediate(op, bits));
    else
        e.move(reg(op.dst, bits), reg(op.right, bits));
}

void neg(Emitter& e, const Lowered& op, unsigned bits) {
    e.a.neg(reg(op.dst, bits), reg(op.left, bits));
}

void movsx(Emitter& e, const Lowered& op, unsigned from, unsigned bits) {
    const InstId instruction = from == 8    ? Inst::kIdSxtb
                               : from == 16 ? Inst::kIdSxth
                                            : Inst::kIdSxtw;
    e.a.emit(instruction, reg(op.dst, bits), reg(op.left, 32));
}

void rotate(Emitter& e, const Lowered& op, unsigned bits) {
    e.a.ror(reg(op.dst, bits), reg(op.left, bits), bits - static_cast<std::uint32_t>(op.imm));
}

/// To little endian: keeps the low bits.
void le(Emitter& e, const Lowered& op, unsigned bits) {
    if (bits == 16)
        e.a.uxth(reg(op.dst, 32), reg(op.left, 32));
    else
        e.move(reg(op.dst, bits), reg(op.left, bits));
}

void bswap(Emitter& e, const Lowered& op, unsigned bits) {
    e.a.rev(reg(op.dst, bits), reg(op.left, bits));
    if (bits == 16) e.a.lsr(reg(op.dst, 32), reg(op.dst, 32), 16);
}
void be(Emitter& e, const Lowered& op, unsigned bits) { bswap(e, op, bits); }

void lddw(Emitter& e, const Lowered& op) {
    if (op.row == Row::lddw_func)
        e.load_function(reg(op.dst), op);
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
#define CAST(name, ...) BPFTWIN_EMIT(name, e.move(reg(op.dst, 32), reg(op.left, 32)))
#define END(name, code, bits, ...) BPFTWIN_EMIT(name##bits, name(e, op, bits))
#define LDDW(name, ...) BPFTWIN_EMIT(name, lddw(e, op))
#include "isa/insns.def"

BPFTWIN_EMIT(rotate32, rotate(e, op, 32))
BPFTWIN_EMIT(rotate64, rotate(e, op, 64))

}  // namespace bpftwin::jit::arm64
