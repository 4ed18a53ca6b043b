// Calls, exits, and what works through a call.
#include <bit>

#include "helpers/maps/array_map.h"
#include "jit/calls.h"
#include "jit/x86_64/emitter.h"
#include "vm/machine.h"

namespace bpftwin::jit::x86_64 {
namespace {

using namespace asmjit::x86;

std::uint64_t address_of(HelperFunction function) {
    return reinterpret_cast<std::uint64_t>(function);
}

void call_helper(Emitter& e, const Lowered& op) {
    e.call_native(static_cast<std::uint64_t>(op.imm), op.pc);
}

/// A native call, one frame of the BPF stack further up.
void call_local(Emitter& e, const Lowered& op) {
    constexpr auto stride = static_cast<std::int32_t>(Machine::stack_stride);
    e.a.add(reg(10), stride);
    e.a.cmp(reg(10), BPFTWIN_STATE(frame_limit));
    e.a.ja(e.stop_label(StopCode::call_depth, op.pc));
    e.a.call(e.function_label(op.target));
    e.a.sub(reg(10), stride);
}

void call_kfunc(Emitter& e, const Lowered& op) {
    e.a.jmp(e.stop_label(StopCode::missing_kfunc, op.pc));
}

void callx(Emitter& e, const Lowered& op) {
    e.a.mov(BPFTWIN_STATE(callx), reg(op.left));
    e.call_native(address_of(call_by_register), op.pc);
}

void exit(Emitter& e, const Lowered&) {
    e.epilogue();
    e.a.ret();
}

/// The packet is read by a function; where it has no such bytes the program ends with 0.
void packet_load(Emitter& e, const Lowered& op, unsigned bytes) {
    const Label inside = e.a.newLabel();
    e.a.mov(edx, bytes);
    e.call_native(address_of(load_packet), op.pc);
    e.a.cmp(rax, -1);
    e.a.jne(inside);
    e.a.xor_(eax, eax);
    exit(e, op);
    e.a.bind(inside);
}

void ld_abs(Emitter& e, const Lowered& op, unsigned bytes) {
    e.a.mov(esi, static_cast<std::int32_t>(op.imm));
    packet_load(e, op, bytes);
}

void ld_ind(Emitter& e, const Lowered& op, unsigned bytes) {
    e.a.lea(esi, ptr(reg(op.left), static_cast<std::int32_t>(op.imm)));
    packet_load(e, op, bytes);
}

void tail_call(Emitter& e, const Lowered& op) {
    const Label stay = e.a.newLabel();
    e.a.mov(BPFTWIN_STATE(spill), reg(1));
    e.call_native(address_of(tail_call_target), op.pc);
    e.a.test(rax, rax);
    e.a.jz(stay);
    e.a.mov(reg(1), BPFTWIN_STATE(spill));
    e.epilogue();
    e.a.jmp(rax);
    e.a.bind(stay);
}

/// what *= factor.
void multiply(Emitter& e, const Gp& what, std::uint64_t factor) {
    if (factor <= 0x7fff'ffff) {
        e.a.imul(what, what, static_cast<std::int32_t>(factor));
        return;
    }
    e.a.push(rbx);
    e.load_constant(rbx, factor);
    e.a.imul(what, rbx);
    e.a.pop(rbx);
}

/// rax = values + index * stride, index in rax and values in scratch.
void add_scaled(Emitter& e, std::uint64_t stride) {
    constexpr std::uint64_t widest_scale = 8;
    if (std::has_single_bit(stride) && stride <= widest_scale) {
        e.a.lea(rax, ptr(scratch, rax, static_cast<std::uint32_t>(std::countr_zero(stride))));
        return;
    }
    multiply(e, rax, stride);
    e.a.add(rax, scratch);
}

/// The kernel's array_map_gen_lookup and percpu_array_map_gen_lookup.
void array_lookup(Emitter& e, const Lowered& op) {
    const auto& array = *reinterpret_cast<const ArrayMap*>(op.imm);
    const Label missing = e.a.newLabel(), done = e.a.newLabel();
    e.a.mov(eax, dword_ptr(reg(2)));
    e.a.cmp(eax, array.spec().max_entries);
    e.a.jae(missing);
    e.load_constant(scratch, reinterpret_cast<std::uint64_t>(array.values()));
    if (array.is_per_cpu()) {
        e.a.mov(scratch2.r32(), BPFTWIN_STATE(cpu));
        multiply(e, scratch2, array.cpu_stride());
        e.a.add(scratch, scratch2);
    }
    add_scaled(e, array.stride());
    e.a.jmp(done);
    e.a.bind(missing);
    e.a.xor_(eax, eax);
    e.a.bind(done);
}

void missing_helper(Emitter& e, const Lowered& op) {
    e.a.jmp(e.stop_label(StopCode::missing_helper, op.pc));
}

}  // namespace

#define CALL(name, ...) BPFTWIN_EMIT(name, name(e, op))
#define EXIT(name, ...) BPFTWIN_EMIT(name, name(e, op))
#define LD_ABS(name, code, ctype, ...) BPFTWIN_EMIT(name, ld_abs(e, op, sizeof(ctype)))
#define LD_IND(name, code, ctype, ...) BPFTWIN_EMIT(name, ld_ind(e, op, sizeof(ctype)))
#include "isa/insns.def"

BPFTWIN_EMIT(array_lookup, array_lookup(e, op))
BPFTWIN_EMIT(tail_call, tail_call(e, op))
BPFTWIN_EMIT(missing_helper, missing_helper(e, op))

}  // namespace bpftwin::jit::x86_64
