// Writes the instructions of one function, with labels.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/encode.h"
#include "tests/differential/setting.h"

namespace bpftwin::differential {

class Emitter {
public:
    using Label = std::uint32_t;

    void emit(Op op, Operands operands = {}) {
        insns_.push_back(insn(op, operands));
        cost_ += weight_;
    }
    /// An instruction of two slots.
    void emit_wide(Op op, std::uint8_t dst, std::int32_t first, std::int32_t second);
    /// An instruction that names a subprogram: `call_local`, or `lddw_func` into `dst`.
    void refer(Op op, std::uint8_t dst, std::uint8_t subprogram);

    Label new_label();
    void place(Label label) { place_at(label, position()); }
    void place_at(Label label, std::uint32_t pc) { labels_[label] = pc; }
    /// An instruction whose target is the label, placed before or after it.
    void jump(Op op, Operands operands, Label target);

    /// How often what is written now will be executed.
    [[nodiscard]] std::uint64_t weight() const { return weight_; }
    void set_weight(std::uint64_t weight) { weight_ = weight; }
    void add_cost(std::uint64_t cost) { cost_ += weight_ * cost; }
    [[nodiscard]] std::uint64_t cost() const { return cost_; }
    [[nodiscard]] std::uint32_t position() const {
        return static_cast<std::uint32_t>(insns_.size());
    }

    /// Moves what was written to `body`; every label has been placed.
    void finish(Body& body);

private:
    struct Jump {
        std::uint32_t pc;
        Op op;
        Label target;
    };

    std::vector<Insn> insns_;
    std::vector<Reference> references_;
    std::vector<Jump> jumps_;
    std::vector<std::uint32_t> labels_;
    std::uint64_t weight_ = 1;
    std::uint64_t cost_ = 0;
};

}  // namespace bpftwin::differential
