// Atomic read-modify-write, sequentially consistent: one instruction where the processor has the
// Large System Extensions, else a loop of exclusive accesses. A 32-bit old value arrives
// zero-extended.
#include "jit/arm64/emitter.h"

namespace bpftwin::jit::arm64 {
namespace {

using namespace asmjit::a64;
using InstId = asmjit::InstId;

/// Stores `value` unless another thread came between, then goes back to `again`.
void store_exclusive(Emitter& e, const Gp& value, const Mem& at, const Label& again) {
    // Of 32 bits in truth, but asmjit wants the width of the value.
    const Gp failed = sized(scratch2, 8 * value.size());
    e.a.stlxr(failed, value, at);
    e.a.cbnz(failed.w(), again);
}

/// Other accesses may move between the halves of a loop but not past the operation: what gives
/// the old value is a full barrier (the kernel's Documentation/atomic_t.txt).
void barrier(Emitter& e) { e.a.dmb(Predicate::DB::kISH); }

/// An operation by its instruction, and by the one that computes the new value in a loop.
struct Operation {
    InstId atomic;
    InstId compute;
};
constexpr Operation addition = {Inst::kIdLdaddal, Inst::kIdAdd};
constexpr Operation setting = {Inst::kIdLdsetal, Inst::kIdOrr};
constexpr Operation clearing = {Inst::kIdLdclral, Inst::kIdAnd};
constexpr Operation toggling = {Inst::kIdLdeoral, Inst::kIdEor};

/// One instruction that leaves the old value in `old`.
void at_once(Emitter& e, const Lowered& op, const Gp& old, const Operation& operation) {
    const Mem at = plain_address(e, op);
    Gp source = reg(op.right, 8 * old.size());
    if (operation.atomic == Inst::kIdLdclral) {  // Clears the bits that it is given.
        const Gp others = sized(scratch2, 8 * old.size());
        e.a.mvn(others, source);
        source = others;
    }
    e.a.emit(operation.atomic, source, old, at);
}

void in_a_loop(Emitter& e, const Lowered& op, const Gp& old, const Operation& operation) {
    const unsigned bits = 8 * old.size();
    const Gp fresh = sized(scratch4, bits);
    const Mem at = plain_address(e, op);
    const Label again = e.a.newLabel();
    e.a.bind(again);
    e.a.ldaxr(old, at);
    e.a.emit(operation.compute, fresh, old, reg(op.right, bits));
    store_exclusive(e, fresh, at, again);
}

void modify(Emitter& e, const Lowered& op, unsigned bits, const Operation& operation) {
    const Gp old = sized(scratch3, bits);
    if (e.has_lse())
        at_once(e, op, old, operation);
    else
        in_a_loop(e, op, old, operation);
}

void fetch(Emitter& e, const Lowered& op, unsigned bits, const Operation& operation) {
    if (e.has_lse()) return at_once(e, op, reg(op.dst, bits), operation);
    modify(e, op, bits, operation);
    barrier(e);
    e.move(reg(op.dst, bits), sized(scratch3, bits));
}

void atomic_add(Emitter& e, const Lowered& op, unsigned bits) { modify(e, op, bits, addition); }
void atomic_or(Emitter& e, const Lowered& op, unsigned bits) { modify(e, op, bits, setting); }
void atomic_and(Emitter& e, const Lowered& op, unsigned bits) { modify(e, op, bits, clearing); }
void atomic_xor(Emitter& e, const Lowered& op, unsigned bits) { modify(e, op, bits, toggling); }

void atomic_fetch_add(Emitter& e, const Lowered& op, unsigned bits) {
    fetch(e, op, bits, addition);
}
void atomic_fetch_or(Emitter& e, const Lowered& op, unsigned bits) { fetch(e, op, bits, setting); }
void atomic_fetch_and(Emitter& e, const Lowered& op, unsigned bits) {
    fetch(e, op, bits, clearing);
}
void atomic_fetch_xor(Emitter& e, const Lowered& op, unsigned bits) {
    fetch(e, op, bits, toggling);
}

void atomic_xchg(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp source = reg(op.right, bits), old = sized(scratch3, bits);
    const Mem at = plain_address(e, op);
    if (e.has_lse()) {
        e.a.swpal(source, reg(op.dst, bits), at);
        return;
    }
    const Label again = e.a.newLabel();
    e.a.bind(again);
    e.a.ldaxr(old, at);
    store_exclusive(e, source, at, again);
    barrier(e);
    e.move(reg(op.dst, bits), old);
}

void atomic_cmpxchg(Emitter& e, const Lowered& op, unsigned bits) {
    const Gp expected = reg(0, bits), source = reg(op.right, bits), old = sized(scratch3, bits);
    const Mem at = plain_address(e, op);
    if (e.has_lse()) {
        e.a.casal(expected, source, at);
        return;
    }
    const Label again = e.a.newLabel(), done = e.a.newLabel();
    e.a.bind(again);
    e.a.ldaxr(old, at);
    e.a.cmp(old, expected);
    e.a.b(CondCode::kNE, done);
    store_exclusive(e, source, at, again);
    e.a.bind(done);
    barrier(e);
    e.move(expected, old);
}

}  // namespace

#define ATOMIC(name, ...) \
    BPFTWIN_EMIT(name##32, name(e, op, 32)) BPFTWIN_EMIT(name##64, name(e, op, 64))
#include "isa/insns.def"

}  // namespace bpftwin::jit::arm64
