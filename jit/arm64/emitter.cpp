// Functions, labels, stubs and calls.
#include "jit/arm64/emitter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "asmjit/arm/a64utils.h"
#include "vm/machine.h"

namespace bpftwin::jit::arm64 {

using namespace asmjit::a64;

namespace {

constexpr std::uint32_t no_label = asmjit::Globals::kInvalidId;
/// No operation takes more, with what counts it and, as the last of a function, the prologue of
/// the next.
constexpr std::int64_t most_bytes = 192;
constexpr std::int64_t most_stub_bytes = 24;

using EmitFunction = void (*)(Emitter&, const Lowered&);

template <std::size_t... rows>
constexpr std::array<EmitFunction, row_count> make_table(std::index_sequence<rows...>) {
    return {&emit<static_cast<Row>(rows)>...};
}
constexpr auto emit_functions = make_table(std::make_index_sequence<row_count>());

/// What a function saves, in the order in which it lies on the stack.
struct SavedRegisters {
    explicit SavedRegisters(const LoweredFunction& function) {
        if (function.calls) {
            ids[count++] = Gp::kIdFp;
            ids[count++] = Gp::kIdLr;
        }
        for (std::uint8_t i = 6; i <= 9; ++i)
            if ((function.saved & bit(i)) != 0) ids[count++] = machine_register[i];
    }
    /// A multiple of 16, as the stack pointer must be.
    [[nodiscard]] std::int32_t bytes() const { return (count + 1) / 2 * 16; }

    std::array<std::uint32_t, 6> ids{};
    std::int32_t count = 0;
};

}  // namespace

// --- Conditions

Condition::Condition(CondCode code)
    : taken_(asmjit::BaseInst::composeARMInstId(Inst::kIdB, code)),
      opposite_(asmjit::BaseInst::composeARMInstId(Inst::kIdB, asmjit::arm::negateCond(code))),
      looks_(Looks::at_flags),
      bit_(0) {}

Condition Condition::is_zero(const Gp& reg) {
    return {Inst::kIdCbz, Inst::kIdCbnz, Looks::at_register, reg, 0};
}

Condition Condition::bit_is_clear(const Gp& reg, unsigned bit) {
    return {Inst::kIdTbz, Inst::kIdTbnz, Looks::at_bit, reg, bit};
}

Condition Condition::operator!() const { return {opposite_, taken_, looks_, reg_, bit_}; }

std::int64_t Condition::reach() const {
    constexpr std::int64_t of_bit = (1 << 15) - 4, of_others = (1 << 20) - 4;
    return looks_ == Looks::at_bit ? of_bit : of_others;
}

void Condition::branch(Assembler& a, const Label& to) const {
    switch (looks_) {
        case Looks::at_flags: a.emit(taken_, to); return;
        case Looks::at_register: a.emit(taken_, reg_, to); return;
        case Looks::at_bit: a.emit(taken_, reg_, bit_, to); return;
    }
}

// --- Programs and functions

Emitter::Emitter(const LoweredProgram& program, const CompileOptions& options)
    : output_(asmjit::Arch::kAArch64, options.listing),
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
        const std::size_t begin = a.offset();
        if (i != function.first) output_.begin_place(begin, op);
        if (op.is_target) a.bind(label(op.first_pc));
        if (op.loop_length != 0) count(op.loop_length, op.first_pc);
        emit_functions[static_cast<std::size_t>(op.row)](*this, op);
        if (a.offset() - begin > std::size_t{most_bytes})
            bug("jit/arm64: an operation is longer than assumed");
    }
}

void Emitter::prologue() {
    const SavedRegisters saved(*function_);
    for (std::int32_t i = 0; i < saved.count; i += 2) {
        const Mem at = i == 0 ? ptr_pre(sp, -saved.bytes()) : ptr(sp, 8 * i);
        if (i + 1 < saved.count)
            a.stp(x(saved.ids[i]), x(saved.ids[i + 1]), at);
        else
            a.str(x(saved.ids[i]), at);
    }
    if (function_->calls) a.mov(x29, sp);  // A frame record, which debuggers follow.
    count(function_->length, function_->pc);
    if (!function_->counts_may_goto) return;
    load_constant(scratch, Machine::max_may_goto);
    a.str(scratch.w(), ptr(reg(10), may_goto_slot));
}

void Emitter::epilogue() {
    const SavedRegisters saved(*function_);
    for (std::int32_t i = (saved.count - 1) / 2 * 2; i >= 0 && saved.count != 0; i -= 2) {
        const Mem at = i == 0 ? ptr_post(sp, saved.bytes()) : ptr(sp, 8 * i);
        if (i + 1 < saved.count)
            a.ldp(x(saved.ids[i]), x(saved.ids[i + 1]), at);
        else
            a.ldr(x(saved.ids[i]), at);
    }
}

void Emitter::count(std::uint32_t insns, std::uint32_t pc) {
    if (!options_.metered) return;
    if (is_add_immediate(insns))
        a.subs(fuel_register, fuel_register, insns);
    else
        a.subs(fuel_register, fuel_register, constant(fuel_register, insns));
    stop_if(CondCode::kMI, StopCode::budget, pc);
}

void Emitter::emit_stubs() {
    output_.begin_place(a.offset(), 0);
    for (const Stop& stop : stops_) {
        a.bind(stop.label);
        load_constant(scratch, options_.site_base + stop.pc);
        a.str(scratch.w(), BPFTWIN_STATE(site));
        load_constant(scratch, static_cast<std::uint32_t>(stop.code));
        a.str(scratch.w(), BPFTWIN_STATE(stopped));
        a.b(exit_);
    }
    a.bind(exit_);
    a.ldr(call_register, BPFTWIN_STATE(exit));
    a.br(call_register);
}

// --- Where branches lead. Those with a condition reach 1 MiB or 32 KiB, the others 128 MiB.

Label Emitter::label(std::uint32_t pc) {
    if (labels_[pc] == no_label) labels_[pc] = output_.new_label(a, "insn", pc).id();
    return Label(labels_[pc]);
}

Label Emitter::function_label(std::uint32_t pc) const {
    return function_labels_[program_.function_at(pc)];
}

Label Emitter::stop_label(StopCode code, std::uint32_t pc) {
    const auto number = static_cast<std::uint32_t>(stops_.size());
    stops_.push_back({output_.new_label(a, "stop", number), code, pc});
    return stops_.back().label;
}

std::int64_t Emitter::distance(const Label& to, std::uint32_t from, std::uint32_t pc) {
    const asmjit::CodeHolder& holder = output_.holder();
    if (holder.isLabelBound(to))
        return static_cast<std::int64_t>(a.offset() - holder.labelOffset(to));
    return most_bytes * (pc - from);
}

std::int64_t Emitter::distance_to_stubs(std::uint32_t from) const {
    // An operation needs two at most.
    const auto ahead = static_cast<std::int64_t>(program_.program->insns.size() + 1 - from);
    const auto behind = static_cast<std::int64_t>(stops_.size());
    return (most_bytes + 2 * most_stub_bytes) * ahead + most_stub_bytes * behind;
}

void Emitter::branch(const Condition& condition, const Label& to, std::int64_t away) {
    if (away <= condition.reach()) return condition.branch(a, to);
    const Label over = a.newLabel();
    (!condition).branch(a, over);
    a.b(to);
    a.bind(over);
}

void Emitter::jump(const Lowered& op) { a.b(label(op.target)); }

void Emitter::jump_if(const Condition& condition, const Lowered& op) {
    const Label to = label(op.target);
    branch(condition, to, distance(to, op.first_pc, op.target));
}

void Emitter::stop(StopCode code, std::uint32_t pc) { a.b(stop_label(code, pc)); }

void Emitter::stop_if(const Condition& condition, StopCode code, std::uint32_t pc) {
    branch(condition, stop_label(code, pc), distance_to_stubs(pc));
}

void Emitter::load_function(const Gp& to, const Lowered& op) {
    constexpr std::int64_t reach = (1 << 20) - 4;
    const Label function = function_label(op.target);
    if (distance(function, op.first_pc, op.target) <= reach) {
        a.adr(to, function);
        return;
    }
    const Label here = a.newLabel(), over = a.newLabel();
    a.adr(to, here);
    a.ldrsw(scratch, ptr(to));
    a.add(to, to, scratch);
    a.b(over);
    a.bind(here);
    a.embedLabelDelta(function, here, 4);
    a.bind(over);
}

// --- Registers, constants, calls

void Emitter::move(const Gp& to, const Gp& from) {
    if (to.id() != from.id() || to.size() < 8) a.mov(to, from);
}

void Emitter::load_constant(const Gp& to, std::uint64_t value) { a.mov(to.x(), value); }

Gp Emitter::constant(const Gp& like, std::int64_t value) {
    const unsigned bits = 8 * like.size();
    if (value == 0) return zero(bits);
    load_constant(scratch2, bits == 64 ? static_cast<std::uint64_t>(value)
                                       : static_cast<std::uint32_t>(value));
    return sized(scratch2, bits);
}

void Emitter::add(const Gp& to, const Gp& from, std::int64_t value) {
    const auto instruction = value < 0 ? Inst::kIdSub : Inst::kIdAdd;
    const auto size =
        value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    const std::uint64_t low = size & 0xfff, high = size - low;
    if (size == 0) {
        move(to, from);
    } else if (is_add_immediate(size)) {
        a.emit(instruction, to, from, size);
    } else if (is_add_immediate(high)) {
        a.emit(instruction, to, from, high);
        a.emit(instruction, to, to, low);
    } else {
        a.add(to, from, constant(to, value));
    }
}

void Emitter::call_native(std::uint64_t function, std::uint32_t pc) {
    a.ldr(x0, BPFTWIN_STATE(runtime));
    load_constant(scratch, options_.site_base + pc);
    a.str(scratch.w(), BPFTWIN_STATE(site));
    a.str(reg(10), BPFTWIN_STATE(frame));
    if (options_.metered) a.str(fuel_register, BPFTWIN_STATE(fuel));
    load_constant(call_register, function);
    a.blr(call_register);
    if (options_.metered) a.ldr(fuel_register, BPFTWIN_STATE(fuel));
    a.ldr(scratch.w(), BPFTWIN_STATE(stopped));
    branch(!Condition::is_zero(scratch.w()), exit_, distance_to_stubs(pc));
}

Gp right(Emitter& e, const Lowered& op, unsigned bits) {
    return is_immediate(op) ? e.constant(sized(scratch2, bits), op.imm) : reg(op.right, bits);
}

bool is_logical_immediate(std::uint64_t value, unsigned bits) {
    return asmjit::a64::Utils::isLogicalImm(value, bits);
}

namespace {

/// Everything that must be as before for the caller. Code changes little of it, but a helper that
/// is left by a fault restores nothing. In the order of the stack.
constexpr std::array<std::pair<Gp, Gp>, 6> preserved = {
    {{x29, x30}, {x19, x20}, {x21, x22}, {x23, x24}, {x25, x26}, {x27, x28}}};
constexpr std::array<std::pair<Vec, Vec>, 4> preserved_vectors = {
    {{d8, d9}, {d10, d11}, {d12, d13}, {d14, d15}}};
constexpr std::int32_t pair_bytes = 16;
constexpr std::int32_t outer_stack = pair_bytes * (preserved.size() + preserved_vectors.size());
constexpr std::int32_t entry_frame = outer_stack + pair_bytes;

Mem pair_at(std::size_t i) { return ptr(sp, pair_bytes * static_cast<std::int32_t>(i)); }

void save(Assembler& a) {
    a.sub(sp, sp, entry_frame);
    for (std::size_t i = 0; i < preserved.size(); ++i)
        a.stp(preserved[i].first, preserved[i].second, pair_at(i));
    for (std::size_t i = 0; i < preserved_vectors.size(); ++i)
        a.stp(preserved_vectors[i].first, preserved_vectors[i].second,
              pair_at(preserved.size() + i));
    a.mov(x29, sp);
}

void restore(Assembler& a) {
    for (std::size_t i = 0; i < preserved.size(); ++i)
        a.ldp(preserved[i].first, preserved[i].second, pair_at(i));
    for (std::size_t i = 0; i < preserved_vectors.size(); ++i)
        a.ldp(preserved_vectors[i].first, preserved_vectors[i].second,
              pair_at(preserved.size() + i));
    a.add(sp, sp, entry_frame);
}

void load_entry_registers(Assembler& a) {
    for (std::uint8_t i = 0; i < 6; ++i) {
        const std::uint8_t to = i < 5 ? static_cast<std::uint8_t>(i + 1) : std::uint8_t{10};
        a.ldr(reg(to), ptr(state_register,
                           static_cast<std::int32_t>(offsetof(State, entry_registers) + 8U * i)));
    }
    a.ldr(fuel_register, BPFTWIN_STATE(fuel));
}

Result<MachineCode> compile_entry() {
    AsmOutput output(asmjit::Arch::kAArch64, false);
    Assembler a(&output.holder());
    output.begin_function(a.offset());
    save(a);
    a.mov(state_register, x0);
    a.mov(call_register, x1);
    a.ldr(scratch, BPFTWIN_STATE(native_stack));  // Of the entry around this one, if any.
    a.str(scratch, ptr(sp, outer_stack));
    a.str(x29, BPFTWIN_STATE(native_stack));
    load_entry_registers(a);
    a.blr(call_register);
    a.str(fuel_register, BPFTWIN_STATE(fuel));
    output.begin_function(a.offset());
    a.ldr(scratch, BPFTWIN_STATE(native_stack));
    a.mov(sp, scratch);
    a.ldr(scratch, ptr(sp, outer_stack));
    a.str(scratch, BPFTWIN_STATE(native_stack));
    restore(a);
    a.ret(x30);
    return output.finish();
}

Result<MachineCode> compile(const LoweredProgram& program, const CompileOptions& options) {
    return Emitter(program, options).run();
}

CpuFeatures features() {
#if defined(__aarch64__)
    return {.lse = asmjit::CpuInfo::host().features().arm().hasLSE()};
#else
    return {.lse = true};
#endif
}

constexpr Target target = {"arm64", features, compile, compile_entry};

}  // namespace
}  // namespace bpftwin::jit::arm64

namespace bpftwin::jit {

const Target& arm64_target() { return arm64::target; }

}  // namespace bpftwin::jit
