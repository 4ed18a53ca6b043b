// Functions, labels, stubs and calls.
#include "jit/x86_64/emitter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "fmt/format.h"
#include "vm/machine.h"

namespace bpftwin::jit::x86_64 {

using namespace asmjit::x86;

namespace {

constexpr std::uint32_t no_label = asmjit::Globals::kInvalidId;

using EmitFunction = void (*)(Emitter&, const Lowered&);

template <std::size_t... rows>
constexpr std::array<EmitFunction, row_count> make_table(std::index_sequence<rows...>) {
    return {&emit<static_cast<Row>(rows)>...};
}
constexpr auto emit_functions = make_table(std::make_index_sequence<row_count>());

/// The registers that the ABI wants back as they were.
constexpr std::array<std::uint8_t, 6> preserved = {Gp::kIdBx,  Gp::kIdBp,  Gp::kIdR12,
                                                   Gp::kIdR13, Gp::kIdR14, Gp::kIdR15};

}  // namespace

Emitter::Emitter(const LoweredProgram& program, const CompileOptions& options)
    : output_(asmjit::Arch::kX64, options.listing),
      program_(program),
      options_(options),
      labels_(program.program->insns.size(), no_label) {
    output_.holder().attach(&a);
    output_.reserve(program.code.size() + program.functions.size());
    for (const LoweredFunction& function : program.functions)
        function_labels_.push_back(output_.new_label(a, "function", function.pc));
    exit_ = output_.new_label(a, "leave", 0);
}

Result<MachineCode> Emitter::run() {
    for (const LoweredFunction& function : program_.functions) emit_function(function);
    emit_stubs();
    return output_.finish();
}

void Emitter::emit_function(const LoweredFunction& function) {
    function_ = &function;
    a.align(asmjit::AlignMode::kCode, 16);
    output_.begin_place(a.offset(), program_.code[function.first]);
    output_.begin_function(a.offset());
    a.bind(function_label(function.pc));
    prologue();
    for (std::uint32_t i = function.first; i < function.end; ++i) {
        const Lowered& op = program_.code[i];
        if (i != function.first) output_.begin_place(a.offset(), op);
        if (op.is_target) a.bind(label(op.first_pc));
        if (op.loop_length != 0) count(op.loop_length, op.first_pc);
        emit_functions[static_cast<std::size_t>(op.row)](*this, op);
    }
}

bool Emitter::pads_stack() const {
    return function_->calls && std::popcount(function_->saved) % 2 == 0;
}

void Emitter::prologue() {
    for (std::uint8_t i = 6; i <= 9; ++i)
        if ((function_->saved & bit(i)) != 0) a.push(reg(i));
    if (pads_stack()) a.push(scratch);  // Calls want the stack pointer at a multiple of 16.
    count(function_->length, function_->pc);
    if (function_->counts_may_goto) a.mov(dword_ptr(reg(10), may_goto_slot), Machine::max_may_goto);
}

void Emitter::epilogue() {
    if (pads_stack()) a.pop(scratch);
    for (std::uint8_t i = 9; i >= 6; --i)
        if ((function_->saved & bit(i)) != 0) a.pop(reg(i));
}

void Emitter::count(std::uint32_t insns, std::uint32_t pc) {
    if (!options_.metered) return;
    a.sub(fuel_register, insns);
    a.js(stop_label(StopCode::budget, pc));
}

Label Emitter::label(std::uint32_t pc) {
    if (labels_[pc] == no_label) labels_[pc] = output_.new_label(a, "insn", pc).id();
    return Label(labels_[pc]);
}

Label Emitter::function_label(std::uint32_t pc) const {
    return function_labels_[program_.function_at(pc)];
}

Label Emitter::stop_label(StopCode code, std::uint32_t pc) {
    stops_.push_back(
        {output_.new_label(a, "stop", static_cast<std::uint32_t>(stops_.size())), code, pc});
    return stops_.back().label;
}

void Emitter::emit_stubs() {
    output_.begin_place(a.offset(), 0);
    for (const Stop& stop : stops_) {
        a.bind(stop.label);
        a.mov(BPFTWIN_STATE(site), options_.site_base + stop.pc);
        a.mov(BPFTWIN_STATE(stopped), static_cast<std::uint32_t>(stop.code));
        a.jmp(exit_);
    }
    a.bind(exit_);
    a.jmp(BPFTWIN_STATE(exit));
}

void Emitter::load_constant(const Gp& to, std::uint64_t value) {
    if (value == 0)
        a.xor_(to.r32(), to.r32());
    else if (value == static_cast<std::uint32_t>(value))
        a.mov(to.r32(), value);
    else
        a.mov(to.r64(), static_cast<std::int64_t>(value));
}

void Emitter::move(const Gp& to, const Gp& from) {
    if (to.id() != from.id() || to.size() < 8) a.mov(to, from);
}

void Emitter::call_native(std::uint64_t function, std::uint32_t pc) {
    a.mov(scratch, BPFTWIN_STATE(runtime));
    a.mov(BPFTWIN_STATE(site), options_.site_base + pc);
    a.mov(BPFTWIN_STATE(frame), reg(10));
    if (options_.metered) a.mov(BPFTWIN_STATE(fuel), fuel_register);
    load_constant(scratch2, function);
    a.call(scratch2);
    if (options_.metered) a.mov(fuel_register, BPFTWIN_STATE(fuel));
    a.cmp(BPFTWIN_STATE(stopped), 0);
    a.jne(exit_);
}

Mem address(const Lowered& op, unsigned bits) {
    if (op.index == no_register) return ptr(reg(op.left), op.off, bits / 8);
    return ptr(reg(op.left), reg(op.index), op.scale, op.off, bits / 8);
}

namespace {

Result<MachineCode> compile_entry() {
    AsmOutput output(asmjit::Arch::kX64, false);
    Assembler a(&output.holder());
    output.begin_function(a.offset());
    for (const std::uint8_t id : preserved) a.push(gpq(id));
    a.mov(state_register, rdi);
    a.mov(rax, rsi);
    a.push(BPFTWIN_STATE(native_stack));  // Of the entry around this one, if any.
    a.mov(BPFTWIN_STATE(native_stack), rsp);
    for (std::uint8_t i = 0; i < 6; ++i) {
        const std::uint8_t to = i < 5 ? static_cast<std::uint8_t>(i + 1) : std::uint8_t{10};
        a.mov(reg(to), ptr(state_register,
                           static_cast<std::int32_t>(offsetof(State, entry_registers) + 8U * i)));
    }
    a.mov(fuel_register, BPFTWIN_STATE(fuel));
    a.call(rax);
    a.mov(BPFTWIN_STATE(fuel), fuel_register);
    output.begin_function(a.offset());
    a.mov(rsp, BPFTWIN_STATE(native_stack));
    a.pop(BPFTWIN_STATE(native_stack));
    for (std::size_t i = preserved.size(); i-- > 0;) a.pop(gpq(preserved[i]));
    a.ret();
    return output.finish();
}

Result<MachineCode> compile(const LoweredProgram& program, const CompileOptions& options) {
    return Emitter(program, options).run();
}

CpuFeatures features() {
#if defined(__x86_64__)
    const auto& host = asmjit::CpuInfo::host().features().x86();
    return {.bmi2 = host.hasBMI2(), .movbe = host.hasMOVBE()};
#else
    return {.bmi2 = true, .movbe = true};
#endif
}

constexpr Target target = {"x86_64", features, compile, compile_entry};

}  // namespace
}  // namespace bpftwin::jit::x86_64

namespace bpftwin::jit {

const Target& x86_64_target() { return x86_64::target; }

}  // namespace bpftwin::jit
