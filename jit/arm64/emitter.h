// arm64 code, one function per row. Registers are chosen so that a helper call moves none:
//
//   BPF   r0  r1  r2  r3  r4  r5  r6  r7  r8  r9  r10     the rest: x26 State, x27 fuel,
//   arm   x0  x1  x2  x3  x4  x5  x19 x20 x21 x22 x25     x9 to x12 scratch, x16 far calls
//
// r1 to r5 are where the procedure call standard (AAPCS64) has the second to sixth argument; the
// first, x0, is the Runtime and then the result. x19 to x27 survive calls, as r6 to r10 must.
#pragma once

#include <cstddef>
#include <vector>

#include "asmjit/arm.h"
#include "asmjit/arm/a64assembler.h"
#include "jit/asm_output.h"
#include "jit/compile.h"
#include "jit/state.h"

namespace bpftwin::jit::arm64 {

using asmjit::Label;
using asmjit::a64::Gp;
using asmjit::a64::Mem;
using asmjit::arm::CondCode;

// The types of the instruction table's accesses.
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;

/// Machine registers of r0 to r10.
inline constexpr std::uint8_t machine_register[] = {0, 1, 2, 3, 4, 5, 19, 20, 21, 22, 25};
inline constexpr Gp state_register = asmjit::a64::x26;
inline constexpr Gp fuel_register = asmjit::a64::x27;
inline constexpr Gp scratch = asmjit::a64::x9;    ///< Addresses.
inline constexpr Gp scratch2 = asmjit::a64::x10;  ///< Constants.
inline constexpr Gp scratch3 = asmjit::a64::x11;  ///< Intermediate results.
inline constexpr Gp scratch4 = asmjit::a64::x12;
inline constexpr Gp call_register = asmjit::a64::x16;

/// Register `id` as an operand of 64 bits, or for all lower widths of 32.
inline Gp sized(std::uint32_t id, unsigned bits) {
    if (bits == 64) return asmjit::a64::x(id);
    return asmjit::a64::w(id);
}
inline Gp sized(const Gp& reg, unsigned bits) { return sized(reg.id(), bits); }
/// The register that holds a BPF register.
inline Gp reg(std::uint8_t bpf, unsigned bits = 64) { return sized(machine_register[bpf], bits); }
inline Gp zero(unsigned bits = 64) { return sized(Gp::kIdZr, bits); }

/// A field of the State.
#define BPFTWIN_STATE(field)                                  \
    ::asmjit::a64::ptr(::bpftwin::jit::arm64::state_register, \
                       static_cast<std::int32_t>(offsetof(State, field)))

/// When a branch is taken: by the flags, by whether a register is zero, or by one of its bits.
class Condition {
public:
    Condition(CondCode code);  // NOLINT(google-explicit-constructor): flags are the usual case.
    static Condition is_zero(const Gp& reg);
    static Condition bit_is_clear(const Gp& reg, unsigned bit);

    Condition operator!() const;
    /// How many bytes a branch may lead away.
    [[nodiscard]] std::int64_t reach() const;
    void branch(asmjit::a64::Assembler& a, const Label& to) const;

private:
    using Instruction = asmjit::InstId;
    enum class Looks : std::uint8_t { at_flags, at_register, at_bit };
    Condition(Instruction taken, Instruction opposite, Looks looks, const Gp& reg, unsigned bit)
        : taken_(taken), opposite_(opposite), looks_(looks), reg_(reg), bit_(bit) {}

    Instruction taken_, opposite_;
    Looks looks_;
    Gp reg_;
    unsigned bit_;
};

/// Emits one program. The functions behind `emit` work on its public assembler.
class Emitter {
public:
    Emitter(const LoweredProgram& program, const CompileOptions& options);

    /// Emits everything.
    Result<MachineCode> run();

    // --- For the rows.

    asmjit::a64::Assembler a;
    [[nodiscard]] bool has_lse() const { return options_.cpu.lse; }
    [[nodiscard]] const LoweredFunction& function() const { return *function_; }

    /// Goes to the target of `op`.
    void jump(const Lowered& op);
    void jump_if(const Condition& condition, const Lowered& op);
    /// Stops the program with `code` at `pc`.
    void stop(StopCode code, std::uint32_t pc);
    void stop_if(const Condition& condition, StopCode code, std::uint32_t pc);
    /// Where calls of the function that begins at this BPF instruction lead.
    [[nodiscard]] Label function_label(std::uint32_t pc) const;
    /// to = address of the function that begins at the target of `op`.
    void load_function(const Gp& to, const Lowered& op);

    /// to = from, which clears the upper half where they are of 32 bits.
    void move(const Gp& to, const Gp& from);
    void load_constant(const Gp& to, std::uint64_t value);
    /// A register that holds `value`, at the width of `like`: zr or scratch2.
    Gp constant(const Gp& like, std::int64_t value);
    /// to = from + value.
    void add(const Gp& to, const Gp& from, std::int64_t value);
    /// Calls a function of a helper's shape and leaves if it stopped the program.
    void call_native(std::uint64_t function, std::uint32_t pc);
    /// Restores what the prologue saved; what follows returns or jumps to another program.
    void epilogue();

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
    Label label(std::uint32_t pc);
    Label stop_label(StopCode code, std::uint32_t pc);
    /// Branches to `to`, which is at most that far away.
    void branch(const Condition& condition, const Label& to, std::int64_t away);
    /// Bounds of the distance from the operation at `from` to a label, and to the stubs.
    [[nodiscard]] std::int64_t distance(const Label& to, std::uint32_t from, std::uint32_t pc);
    [[nodiscard]] std::int64_t distance_to_stubs(std::uint32_t from) const;

    AsmOutput output_;
    const LoweredProgram& program_;
    CompileOptions options_;
    const LoweredFunction* function_ = nullptr;
    std::vector<std::uint32_t> labels_;   ///< By BPF instruction; invalid: none yet.
    std::vector<Label> function_labels_;  ///< By function.
    std::vector<Stop> stops_;
    Label exit_;  ///< A stub that leaves a program which is stopped already.
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

inline bool is_immediate(const Lowered& op) { return op.right == no_register; }
/// The second operand of an operation, the immediate in a register.
Gp right(Emitter& e, const Lowered& op, unsigned bits);
/// Whether instructions that add, subtract and compare take this constant.
constexpr bool is_add_immediate(std::uint64_t value) {
    return value < 0x1000 || ((value & 0xfff) == 0 && value < 0x100'0000);
}
/// Whether logical instructions of that width take this constant.
bool is_logical_immediate(std::uint64_t value, unsigned bits);
/// The address of an access that needs it in one register, alone; may use scratch.
Mem plain_address(Emitter& e, const Lowered& op);
/// The immediate at that width.
inline std::uint64_t immediate(const Lowered& op, unsigned bits) {
    return bits == 64 ? static_cast<std::uint64_t>(op.imm) : static_cast<std::uint32_t>(op.imm);
}

/// Division and remainder (jit/arm64/division.cpp).
void div(Emitter& e, const Lowered& op, unsigned bits);
void mod(Emitter& e, const Lowered& op, unsigned bits);
void sdiv(Emitter& e, const Lowered& op, unsigned bits);
void smod(Emitter& e, const Lowered& op, unsigned bits);

}  // namespace bpftwin::jit::arm64
