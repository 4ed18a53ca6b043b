// A program running as machine code.
#pragma once

#include <span>

#include "jit/program_code.h"
#include "jit/state.h"
#include "vm/interceptor.h"
#include "vm/machine.h"

namespace bpftwin {
class Map;
}

namespace bpftwin::jit {

/// What the machines of an instance share.
struct Programs {
    const ObjectSpec* object;
    const ProgramCode* code;
    std::span<Map* const> maps;  ///< Sorted by address.
    const Memory* memory;        ///< Regions of map values.
};

/// The JIT's machine.
class JitMachine final : public Machine {
public:
    JitMachine(const Programs& programs, std::size_t entry, const RunInput& input, Packet* packet,
               Context* context);

    std::uint64_t run(std::uint64_t r1, std::uint64_t r2) override;
    [[nodiscard]] std::uint64_t executed() const override { return 0; }
    std::uint64_t call(std::uint64_t function, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3,
                       std::uint64_t r4, std::uint64_t r5) override;

    // --- For jit/calls.h.

    /// The operand of the `callx` that is being executed.
    [[nodiscard]] std::uint64_t callx_operand() const { return state_.callx; }
    [[nodiscard]] bool is_function(std::uint64_t address) const {
        return programs_->code->is_function(address);
    }
    /// Counts a tail call into program `index`. @return its code, or null where it is not to be.
    const void* take_tail_call(std::optional<std::uint32_t> index);
    [[nodiscard]] bool knows_map(std::uint64_t address) const override;
    /// What the instruction calls that is being executed.
    [[nodiscard]] Callee callee() const;

private:
    void on_stop() override { state_.stopped = StopCode::runtime; }
    void on_catch() override;
    [[nodiscard]] std::uint64_t function(const ProgramSpec& program,
                                         std::uint32_t insn) const override {
        return programs_->code->function(program, insn);
    }
    std::uint64_t enter(const void* code);
    /// Says in words what machine code or the fault handler left in the state.
    void explain_stop();
    void explain_fault();
    void explain_fault_of_helper(const Site& site);
    /// The helper that the instruction calls, by name.
    [[nodiscard]] std::string helper_called(const Site& site) const;

    const Programs* programs_;
    std::size_t entry_;
    State state_{};
};

}  // namespace bpftwin::jit
