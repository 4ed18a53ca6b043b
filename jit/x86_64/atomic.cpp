// Atomic read-modify-write. A 32-bit old value arrives zero-extended.
#include "jit/x86_64/emitter.h"

namespace bpftwin::jit::x86_64 {
namespace {

using namespace asmjit::x86;

void locked(Emitter& e, const Lowered& op, unsigned bits, Inst::Id instruction) {
    e.a.lock().emit(instruction, address(op, bits), reg(op.right, bits));
}

void atomic_add(Emitter& e, const Lowered& op, unsigned bits) { locked(e, op, bits, Inst::kIdAdd); }
void atomic_or(Emitter& e, const Lowered& op, unsigned bits) { locked(e, op, bits, Inst::kIdOr); }
void atomic_and(Emitter& e, const Lowered& op, unsigned bits) { locked(e, op, bits, Inst::kIdAnd); }
void atomic_xor(Emitter& e, const Lowered& op, unsigned bits) { locked(e, op, bits, Inst::kIdXor); }

void atomic_fetch_add(Emitter& e, const Lowered& op, unsigned bits) {
    locked(e, op, bits, Inst::kIdXadd);
}

void atomic_xchg(Emitter& e, const Lowered& op, unsigned bits) {
    e.a.xchg(address(op, bits), reg(op.right, bits));
}

void atomic_cmpxchg(Emitter& e, const Lowered& op, unsigned bits) {
    locked(e, op, bits, Inst::kIdCmpxchg);
    if (bits == 32) e.a.mov(eax, eax);  // Untouched where it was equal.
}

/// Operations without an instruction that gives the old value: compare and exchange until no other
/// thread came between. rax is the old value, scratch the new one.
void fetch_in_a_loop(Emitter& e, const Lowered& op, unsigned bits, Inst::Id instruction) {
    const Gp old = sized(rax, bits), fresh = sized(scratch, bits);
    const bool source_is_rax = op.right == 0;
    e.a.lea(scratch2, address(op, bits));
    e.a.mov(BPFTWIN_STATE(spill), rax);
    e.a.mov(old, ptr(scratch2, 0, bits / 8));
    const Label again = e.a.newLabel();
    e.a.bind(again);
    e.a.mov(fresh, old);
    if (source_is_rax)
        e.a.emit(instruction, fresh,
                 ptr(state_register, static_cast<std::int32_t>(offsetof(State, spill)), bits / 8));
    else
        e.a.emit(instruction, fresh, reg(op.right, bits));
    e.a.lock().cmpxchg(ptr(scratch2, 0, bits / 8), fresh);
    e.a.jne(again);
    if (bits == 32) e.a.mov(eax, eax);
    if (source_is_rax) return;
    e.a.mov(reg(op.right), rax);
    e.a.mov(rax, BPFTWIN_STATE(spill));
}

void atomic_fetch_or(Emitter& e, const Lowered& op, unsigned bits) {
    fetch_in_a_loop(e, op, bits, Inst::kIdOr);
}
void atomic_fetch_and(Emitter& e, const Lowered& op, unsigned bits) {
    fetch_in_a_loop(e, op, bits, Inst::kIdAnd);
}
void atomic_fetch_xor(Emitter& e, const Lowered& op, unsigned bits) {
    fetch_in_a_loop(e, op, bits, Inst::kIdXor);
}

}  // namespace

#define ATOMIC(name, ...) \
    BPFTWIN_EMIT(name##32, name(e, op, 32)) BPFTWIN_EMIT(name##64, name(e, op, 64))
#include "isa/insns.def"

}  // namespace bpftwin::jit::x86_64
