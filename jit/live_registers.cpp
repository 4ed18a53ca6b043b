// Which registers are read later: the textbook's backward data flow, function by function.
#include "jit/lower.h"

namespace bpftwin::jit {
namespace {

class LiveRegisters {
public:
    explicit LiveRegisters(LoweredProgram& program)
        : program_(program), live_at_(program.program->insns.size()) {}

    void find() {
        for (const LoweredFunction& function : program_.functions) find_in(function);
    }

private:
    void find_in(const LoweredFunction& function) {
        // Only loops need a second pass, nested ones a few more. Code made to need very many is
        // taken to read everything.
        constexpr unsigned enough = 20;
        for (unsigned i = 0; pass(function); ++i)
            if (i == enough) return assume_all(function);
    }

    /// One walk backwards. @return whether it learned something that an earlier part may need.
    bool pass(const LoweredFunction& function) {
        bool grew = false;
        RegisterSet live = 0;
        for (std::uint32_t i = function.end; i-- > function.first;) {
            Lowered& op = program_.code[i];
            if (!falls_through(op.row)) live = 0;
            if (is_jump(op.row)) live |= live_at_[op.target];
            op.live_after = live;
            live = static_cast<RegisterSet>((live & ~op.defines) | op.uses);
            if (!op.is_target || live_at_[op.first_pc] == live) continue;
            live_at_[op.first_pc] = live;
            grew |= op.loop_length != 0;
        }
        return grew;
    }

    void assume_all(const LoweredFunction& function) {
        for (std::uint32_t i = function.first; i < function.end; ++i)
            program_.code[i].live_after = all_registers;
    }

    LoweredProgram& program_;
    std::vector<RegisterSet> live_at_;  ///< By BPF instruction that is a target.
};

}  // namespace

void find_live_registers(LoweredProgram& program) { LiveRegisters(program).find(); }

}  // namespace bpftwin::jit
