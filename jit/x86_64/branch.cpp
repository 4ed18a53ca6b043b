// Conditional and unconditional jumps.
#include <limits>

#include "jit/x86_64/emitter.h"

namespace bpftwin::jit::x86_64 {
namespace {

using namespace asmjit::x86;

void compare(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp left = reg(op.left, bits);
    if (op.right != no_register)
        e.a.cmp(left, reg(op.right, bits));
    else if (op.imm == 0)
        e.a.test(left, left);
    else
        e.a.cmp(left, static_cast<std::int32_t>(op.imm));
}

void test(Emitter& e, const Lowered& op, unsigned bits) {
    if (op.right != no_register) {
        e.a.test(reg(op.left, bits), reg(op.right, bits));
        return;
    }
    // The shortest form that has all bits of the mask; the flag asked for is the same.
    const auto mask = static_cast<std::int32_t>(op.imm);
    const unsigned enough = mask < 0                                           ? bits
                            : mask <= std::numeric_limits<std::uint8_t>::max() ? 8
                                                                               : 32;
    e.a.test(reg(op.left, enough), mask);
}

/// Writes dst if the condition holds, all of it: otherwise its upper half stays too. Nothing here
/// changes the flags.
void select(Emitter& e, const Lowered& op, CondCode condition) {
    if (op.select == Select::set) {
        e.a.set(condition, reg(op.dst, 8));
        return;
    }
    Gp source = scratch;
    if (op.index == no_register)
        e.a.mov(sized(source, op.select == Select::move64 ? 64 : 32), op.off);
    else if (op.select == Select::move64)
        source = reg(op.index);
    else
        e.a.mov(source.r32(), reg(op.index, 32));
    e.a.cmov(condition, reg(op.dst), source);
}

/// What a conditional jump does when the flags are set.
void jump_or_select(Emitter& e, const Lowered& op, CondCode condition) {
    if (op.select == Select::none)
        e.a.j(condition, e.label(op.target));
    else
        select(e, op, condition);
}

void jump_if(Emitter& e, const Lowered& op, unsigned bits, CondCode condition) {
    compare(e, op, bits);
    jump_or_select(e, op, condition);
}

void jeq(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kE); }
void jne(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kNE); }
void jgt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kA); }
void jge(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kAE); }
void jlt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kB); }
void jle(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kBE); }
void jsgt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kG); }
void jsge(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kGE); }
void jslt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kL); }
void jsle(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kLE); }

void jset(Emitter& e, const Lowered& op, unsigned bits) {
    test(e, op, bits);
    jump_or_select(e, op, op.negated ? CondCode::kZ : CondCode::kNZ);
}

void ja(Emitter& e, const Lowered& op) { e.a.jmp(e.label(op.target)); }
void gotol(Emitter& e, const Lowered& op) { ja(e, op); }

/// Jumps once the frame's counter is used up.
void may_goto(Emitter& e, const Lowered& op) {
    const Mem counter = dword_ptr(reg(10), may_goto_slot);
    e.a.cmp(counter, 0);
    e.a.je(e.label(op.target));
    e.a.dec(counter);
}

}  // namespace

#define JMP(name, ...)                        \
    BPFTWIN_EMIT(name##64_k, name(e, op, 64)) \
    BPFTWIN_EMIT(name##64_x, name(e, op, 64)) \
    BPFTWIN_EMIT(name##32_k, name(e, op, 32)) \
    BPFTWIN_EMIT(name##32_x, name(e, op, 32))
#define JA(name, ...) BPFTWIN_EMIT(name, name(e, op))
#include "isa/insns.def"

BPFTWIN_EMIT(function_end, e.a.jmp(e.stop_label(StopCode::function_end, op.pc)))

}  // namespace bpftwin::jit::x86_64
