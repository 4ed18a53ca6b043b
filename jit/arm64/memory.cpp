// Loads and stores.
#include "jit/arm64/emitter.h"

namespace bpftwin::jit::arm64 {
namespace {

using namespace asmjit::a64;
using InstId = asmjit::InstId;

template <class T>
constexpr unsigned width = 8 * sizeof(T);

/// Whether an access of `bytes` takes this offset: unscaled in 9 bits with sign or scaled in 12.
bool is_offset(std::int32_t off, std::int32_t bytes) {
    const bool unscaled = off >= -256 && off <= 255;
    const bool scaled = off >= 0 && off % bytes == 0 && off / bytes < 0x1000;
    return unscaled || scaled;
}

Mem at_offset(Emitter& e, const Gp& base, std::int32_t off, std::int32_t bytes) {
    if (is_offset(off, bytes)) return ptr(base, off);
    return ptr(base, e.constant(scratch2, off));
}

/// `left + (index << scale) + off` as a memory operand, which may use scratch and scratch2.
Mem address(Emitter& e, const Lowered& op, unsigned bits) {
    const auto bytes = static_cast<std::int32_t>(bits / 8);
    const Gp base = reg(op.left);
    if (op.index == no_register) return at_offset(e, base, op.off, bytes);
    const Gp index = reg(op.index);
    const bool is_size = (1 << op.scale) == bytes;
    if (op.off == 0 && op.scale == 0) return ptr(base, index);
    if (op.off == 0 && is_size) return ptr(base, index, asmjit::arm::lsl(op.scale));
    e.a.add(scratch, base, index, op.scale);
    return at_offset(e, scratch, op.off, bytes);
}

InstId load_of(unsigned bits) {
    return bits == 8 ? Inst::kIdLdrb : bits == 16 ? Inst::kIdLdrh : Inst::kIdLdr;
}
InstId signed_load_of(unsigned bits) {
    return bits == 8 ? Inst::kIdLdrsb : bits == 16 ? Inst::kIdLdrsh : Inst::kIdLdrsw;
}
InstId store_of(unsigned bits) {
    return bits == 8 ? Inst::kIdStrb : bits == 16 ? Inst::kIdStrh : Inst::kIdStr;
}

void load(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp dst = reg(op.dst, bits);
    e.a.emit(load_of(bits), dst, address(e, op, bits));
    if (op.byte_swapped) e.a.emit(bits == 16 ? Inst::kIdRev16 : Inst::kIdRev, dst, dst);
}

void load_signed(Emitter& e, const Lowered& op, unsigned bits) {
    e.a.emit(signed_load_of(bits), reg(op.dst), address(e, op, bits));
}

template <class T>
void store_immediate(Emitter& e, const Lowered& op) {
    constexpr unsigned bits = width<T>;
    const auto value = static_cast<T>(static_cast<std::uint64_t>(op.imm));
    const Gp source = value == 0 ? zero(bits) : sized(scratch3, bits);
    if (value != 0) e.load_constant(source, value);
    e.a.emit(store_of(bits), source, address(e, op, bits));
}

void store(Emitter& e, const Lowered& op, unsigned bits) {
    e.a.emit(store_of(bits), reg(op.right, bits), address(e, op, bits));
}

void load_acquire(Emitter& e, const Lowered& op, unsigned bits) {
    const InstId instruction = bits == 8    ? Inst::kIdLdarb
                               : bits == 16 ? Inst::kIdLdarh
                                            : Inst::kIdLdar;
    e.a.emit(instruction, reg(op.dst, bits), plain_address(e, op));
}

void store_release(Emitter& e, const Lowered& op, unsigned bits) {
    const InstId instruction = bits == 8    ? Inst::kIdStlrb
                               : bits == 16 ? Inst::kIdStlrh
                                            : Inst::kIdStlr;
    e.a.emit(instruction, reg(op.right, bits), plain_address(e, op));
}

}  // namespace

Mem plain_address(Emitter& e, const Lowered& op) {
    if (op.off == 0) return ptr(reg(op.left));
    e.add(scratch, reg(op.left), op.off);
    return ptr(scratch);
}

#define LDX(name, code, ctype, ...) BPFTWIN_EMIT(name, load(e, op, width<ctype>))
#define LDXSX(name, code, ctype, ...) BPFTWIN_EMIT(name, load_signed(e, op, width<ctype>))
#define ST(name, code, ctype, ...) BPFTWIN_EMIT(name, store_immediate<ctype>(e, op))
#define STX(name, code, ctype, ...) BPFTWIN_EMIT(name, store(e, op, width<ctype>))
#define LOAD_ACQUIRE(name, code, ctype, ...) BPFTWIN_EMIT(name, load_acquire(e, op, width<ctype>))
#define STORE_RELEASE(name, code, ctype, ...) BPFTWIN_EMIT(name, store_release(e, op, width<ctype>))
#include "isa/insns.def"

}  // namespace bpftwin::jit::arm64
