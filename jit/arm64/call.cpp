// Calls, exits, and what works through a call.
#include <bit>

#include "helpers/maps/array_map.h"
#include "jit/arm64/emitter.h"
#include "jit/calls.h"
#include "vm/machine.h"

namespace bpftwin::jit::arm64 {
namespace {

using namespace asmjit::a64;

std::uint64_t address_of(HelperFunction function) {
    return reinterpret_cast<std::uint64_t>(function);
}

void call_helper(Emitter& e, const Lowered& op) {
    e.call_native(static_cast<std::uint64_t>(op.imm), op.pc);
}

/// A native call, one frame of the BPF stack further up.
void call_local(Emitter& e, const Lowered& op) {
    constexpr auto stride = static_cast<std::int64_t>(Machine::stack_stride);
    e.add(reg(10), reg(10), stride);
    e.a.ldr(scratch, BPFTWIN_STATE(frame_limit));
    e.a.cmp(reg(10), scratch);
    e.stop_if(CondCode::kHI, StopCode::call_depth, op.pc);
    e.a.bl(e.function_label(op.target));
    e.add(reg(10), reg(10), -stride);
}

void call_kfunc(Emitter& e, const Lowered& op) { e.stop(StopCode::missing_kfunc, op.pc); }

void callx(Emitter& e, const Lowered& op) {
    e.a.str(reg(op.left), BPFTWIN_STATE(callx));
    e.call_native(address_of(call_by_register), op.pc);
}

void exit(Emitter& e, const Lowered&) {
    e.epilogue();
    e.a.ret(x30);
}

/// The packet is read by a function; where it has no such bytes the program ends with 0.
void packet_load(Emitter& e, const Lowered& op, unsigned bytes) {
    const Label inside = e.a.newLabel();
    e.load_constant(reg(2), bytes);
    e.call_native(address_of(load_packet), op.pc);
    e.a.cmn(reg(0), 1);  // no_packet_load is -1.
    e.a.b(CondCode::kNE, inside);
    e.load_constant(reg(0), 0);
    exit(e, op);
    e.a.bind(inside);
}

void ld_abs(Emitter& e, const Lowered& op, unsigned bytes) {
    e.load_constant(reg(1), immediate(op, 32));
    packet_load(e, op, bytes);
}

void ld_ind(Emitter& e, const Lowered& op, unsigned bytes) {
    e.add(reg(1, 32), reg(op.left, 32), static_cast<std::int32_t>(op.imm));
    packet_load(e, op, bytes);
}

void tail_call(Emitter& e, const Lowered& op) {
    const Label stay = e.a.newLabel();
    e.a.str(reg(1), BPFTWIN_STATE(spill));
    e.call_native(address_of(tail_call_target), op.pc);
    e.a.cbz(reg(0), stay);
    e.a.ldr(reg(1), BPFTWIN_STATE(spill));
    e.epilogue();
    e.a.br(reg(0));
    e.a.bind(stay);
}

/// sum += factor * what.
void add_scaled(Emitter& e, const Gp& sum, const Gp& what, std::uint64_t factor) {
    if (std::has_single_bit(factor))
        e.a.add(sum, sum, what, std::countr_zero(factor));
    else
        e.a.madd(sum, what, e.constant(scratch2, static_cast<std::int64_t>(factor)), sum);
}

/// The kernel's array_map_gen_lookup and percpu_array_map_gen_lookup, without a branch.
void array_lookup(Emitter& e, const Lowered& op) {
    const auto& array = *reinterpret_cast<const ArrayMap*>(op.imm);
    e.a.ldr(scratch.w(), ptr(reg(2)));
    e.load_constant(reg(0), reinterpret_cast<std::uint64_t>(array.values()));
    if (array.is_per_cpu()) {
        e.a.ldr(scratch3.w(), BPFTWIN_STATE(cpu));
        add_scaled(e, reg(0), scratch3, array.cpu_stride());
    }
    add_scaled(e, reg(0), scratch, array.stride());
    const std::uint32_t entries = array.spec().max_entries;
    if (is_add_immediate(entries))
        e.a.cmp(scratch.w(), entries);
    else
        e.a.cmp(scratch.w(), e.constant(scratch2.w(), static_cast<std::int64_t>(entries)));
    e.a.csel(reg(0), reg(0), zero(), CondCode::kLO);
}

void missing_helper(Emitter& e, const Lowered& op) { e.stop(StopCode::missing_helper, op.pc); }

}  // namespace

#define CALL(name, ...) BPFTWIN_EMIT(name, name(e, op))
#define EXIT(name, ...) BPFTWIN_EMIT(name, name(e, op))
#define LD_ABS(name, code, ctype, ...) BPFTWIN_EMIT(name, ld_abs(e, op, sizeof(ctype)))
#define LD_IND(name, code, ctype, ...) BPFTWIN_EMIT(name, ld_ind(e, op, sizeof(ctype)))
#include "isa/insns.def"

BPFTWIN_EMIT(array_lookup, array_lookup(e, op))
BPFTWIN_EMIT(tail_call, tail_call(e, op))
BPFTWIN_EMIT(missing_helper, missing_helper(e, op))

}  // namespace bpftwin::jit::arm64
