// x86-64 code, one function per row. Registers are chosen so that a helper call moves none:
//
//   BPF   r0  r1  r2  r3  r4  r5  r6  r7  r8  r9  r10     the rest: r12 State, r11 fuel,
//   x86   rax rsi rdx rcx r8  r9  rbx r13 r14 r15 rbp     rdi and r10 scratch
//
// r1 to r5 are where the System V ABI has the second to sixth argument; the first, rdi, is the
// Runtime. rbx, rbp and r12 to r15 survive calls, as r6 to r10 must.
#pragma once

#include <cstddef>
#include <vector>

#include "asmjit/x86.h"
#include "jit/asm_output.h"
#include "jit/compile.h"
#include "jit/state.h"

namespace bpftwin::jit::x86_64 {

using asmjit::Label;
using asmjit::x86::Gp;
using asmjit::x86::Mem;

// The types of the instruction table's accesses.
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;

/// Machine registers of r0 to r10.
inline constexpr std::uint8_t machine_register[] = {Gp::kIdAx,  Gp::kIdSi,  Gp::kIdDx, Gp::kIdCx,
                                                    Gp::kIdR8,  Gp::kIdR9,  Gp::kIdBx, Gp::kIdR13,
                                                    Gp::kIdR14, Gp::kIdR15, Gp::kIdBp};
inline constexpr Gp state_register = asmjit::x86::r12;
inline constexpr Gp fuel_register = asmjit::x86::r11;
inline constexpr Gp scratch = asmjit::x86::rdi;
inline constexpr Gp scratch2 = asmjit::x86::r10;

/// Register `id` as an operand of that width.
inline Gp sized(std::uint32_t id, unsigned bits) {
    switch (bits) {
        case 8: return asmjit::x86::gpb_lo(id);
        case 16: return asmjit::x86::gpw(id);
        case 32: return asmjit::x86::gpd(id);
        default: return asmjit::x86::gpq(id);
    }
}
inline Gp sized(const Gp& reg, unsigned bits) { return sized(reg.id(), bits); }
/// The register that holds a BPF register.
inline Gp reg(std::uint8_t bpf, unsigned bits = 64) { return sized(machine_register[bpf], bits); }

/// A field of the State.
#define BPFTWIN_STATE(field)                                                              \
    ::asmjit::x86::ptr(state_register, static_cast<std::int32_t>(offsetof(State, field)), \
                       sizeof(State::field))

/// Emits one program. The functions behind `emit` work on its public assembler.
class Emitter {
public:
    Emitter(const LoweredProgram& program, const CompileOptions& options);

    /// Emits everything.
    Result<MachineCode> run();

    // --- For the rows.

    asmjit::x86::Assembler a;
    [[nodiscard]] const CompileOptions& options() const { return options_; }
    [[nodiscard]] bool has_bmi2() const { return options_.cpu.bmi2; }

    /// Where jumps to this BPF instruction lead.
    Label label(std::uint32_t pc);
    /// Where calls of the function that begins at this BPF instruction lead.
    [[nodiscard]] Label function_label(std::uint32_t pc) const;
    /// A stub out of the way that stops the program with `code` at `pc`.
    Label stop_label(StopCode code, std::uint32_t pc);
    /// A stub that leaves a program which is stopped already.
    [[nodiscard]] Label exit_label() const { return exit_; }

    /// Loads a constant; leaves the flags alone unless it is 0.
    void load_constant(const Gp& to, std::uint64_t value);
    void move(const Gp& to, const Gp& from);
    /// Calls a function of a helper's shape and leaves if it stopped the program.
    void call_native(std::uint64_t function, std::uint32_t pc);
    /// Restores what the prologue saved; what follows returns or jumps to another program.
    void epilogue();
    [[nodiscard]] const LoweredFunction& function() const { return *function_; }

private:
    struct Stop {
        Label label;
        StopCode code;
        std::uint32_t pc;
    };

    void emit_function(const LoweredFunction& function);
    void prologue();
    void count(std::uint32_t insns, std::uint32_t pc);
    void emit_stubs();
    [[nodiscard]] bool pads_stack() const;

    AsmOutput output_;
    const LoweredProgram& program_;
    CompileOptions options_;
    const LoweredFunction* function_ = nullptr;
    std::vector<std::uint32_t> labels_;   ///< By BPF instruction; invalid: none yet.
    std::vector<Label> function_labels_;  ///< By function.
    std::vector<Stop> stops_;
    Label exit_;
};

/// Emits one row. Declared for all, defined for each: a missing one does not link.
template <Row row>
void emit(Emitter& e, const Lowered& op);

/// Defines the emit function of a row.
#define BPFTWIN_EMIT(id, ...)                                                              \
    template <>                                                                            \
    void emit<Row::id>([[maybe_unused]] Emitter & e, [[maybe_unused]] const Lowered& op) { \
        __VA_ARGS__;                                                                       \
    }

/// `left + (index << scale) + off` as a memory operand of `bits`.
Mem address(const Lowered& op, unsigned bits);

/// Division and remainder (jit/x86_64/division.cpp).
void div(Emitter& e, const Lowered& op, unsigned bits);
void mod(Emitter& e, const Lowered& op, unsigned bits);
void sdiv(Emitter& e, const Lowered& op, unsigned bits);
void smod(Emitter& e, const Lowered& op, unsigned bits);

}  // namespace bpftwin::jit::x86_64
