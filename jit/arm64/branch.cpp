// Conditional and unconditional jumps.
#include <bit>
#include <optional>

#include "jit/arm64/emitter.h"

namespace bpftwin::jit::arm64 {
namespace {

using namespace asmjit::a64;

/// A comparison with 0 that needs no flags, where there is one.
std::optional<Condition> compared_with_zero(const Gp& left, CondCode code) {
    const unsigned sign = 8 * left.size() - 1;
    switch (code) {
        case CondCode::kEQ:
        case CondCode::kLS: return Condition::is_zero(left);
        case CondCode::kNE:
        case CondCode::kHI: return !Condition::is_zero(left);
        case CondCode::kGE: return Condition::bit_is_clear(left, sign);
        case CondCode::kLT: return !Condition::bit_is_clear(left, sign);
        default: return std::nullopt;
    }
}

/// Sets the flags.
void compare(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp left = reg(op.left, bits);
    const auto value = static_cast<std::int32_t>(op.imm);
    const auto negative = std::uint64_t{0} - static_cast<std::uint64_t>(std::int64_t{value});
    if (is_immediate(op) && is_add_immediate(static_cast<std::uint64_t>(std::int64_t{value})))
        e.a.cmp(left, value);
    else if (is_immediate(op) && is_add_immediate(negative))
        e.a.cmn(left, negative);
    else
        e.a.cmp(left, right(e, op, bits));
}

/// Writes dst if the flags say so.
void select(Emitter& e, const Lowered& op, CondCode code) {
    const Gp dst = reg(op.dst);
    if (op.select == Select::set) {
        e.a.cset(dst, code);
        return;
    }
    Gp source = scratch2;
    if (op.index == no_register)
        source = e.constant(op.select == Select::move64 ? dst : dst.w(), op.off);
    else if (op.select == Select::move64)
        source = reg(op.index);
    else
        e.a.mov(source.w(), reg(op.index, 32));
    e.a.csel(dst, source.x(), dst, code);
}

void jump_if(Emitter& e, const Lowered& op, unsigned bits, CondCode code) {
    std::optional<Condition> condition;
    if (op.select == Select::none && is_immediate(op) && op.imm == 0)
        condition = compared_with_zero(reg(op.left, bits), code);
    if (!condition) compare(e, op, bits);
    if (op.select == Select::none)
        e.jump_if(condition.value_or(code), op);
    else
        select(e, op, code);
}

void jeq(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kEQ); }
void jne(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kNE); }
void jgt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kHI); }
void jge(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kHS); }
void jlt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kLO); }
void jle(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kLS); }
void jsgt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kGT); }
void jsge(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kGE); }
void jslt(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kLT); }
void jsle(Emitter& e, const Lowered& op, unsigned bits) { jump_if(e, op, bits, CondCode::kLE); }

/// Sets the flags.
void test(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp left = reg(op.left, bits);
    const std::uint64_t mask = immediate(op, bits);
    if (is_immediate(op) && is_logical_immediate(mask, bits))
        e.a.tst(left, mask);
    else
        e.a.tst(left, right(e, op, bits));
}

void jset(Emitter& e, const Lowered& op, unsigned bits) {
    const std::uint64_t mask = immediate(op, bits);
    const CondCode code = op.negated ? CondCode::kEQ : CondCode::kNE;
    if (op.select == Select::none && is_immediate(op) && std::has_single_bit(mask)) {
        const auto clear = Condition::bit_is_clear(reg(op.left, bits),
                                                   static_cast<unsigned>(std::countr_zero(mask)));
        return e.jump_if(op.negated ? clear : !clear, op);
    }
    test(e, op, bits);
    if (op.select == Select::none)
        e.jump_if(code, op);
    else
        select(e, op, code);
}

void ja(Emitter& e, const Lowered& op) { e.jump(op); }
void gotol(Emitter& e, const Lowered& op) { e.jump(op); }

/// Jumps once the frame's counter is used up.
void may_goto(Emitter& e, const Lowered& op) {
    const Mem counter = ptr(reg(10), may_goto_slot);
    e.a.ldr(scratch.w(), counter);
    e.jump_if(Condition::is_zero(scratch.w()), op);
    e.a.sub(scratch.w(), scratch.w(), 1);
    e.a.str(scratch.w(), counter);
}

}  // namespace

#define JMP(name, ...)                        \
    BPFTWIN_EMIT(name##64_k, name(e, op, 64)) \
    BPFTWIN_EMIT(name##64_x, name(e, op, 64)) \
    BPFTWIN_EMIT(name##32_k, name(e, op, 32)) \
    BPFTWIN_EMIT(name##32_x, name(e, op, 32))
#define JA(name, ...) BPFTWIN_EMIT(name, name(e, op))
#include "isa/insns.def"

BPFTWIN_EMIT(function_end, e.stop(StopCode::function_end, op.pc))

}  // namespace bpftwin::jit::arm64
