#include "tests/differential/emitter.h"

#include <cstdint>

#include "bpftwin/error.h"

namespace bpftwin::differential {
namespace {

constexpr std::uint32_t nowhere = ~std::uint32_t{0};

}  // namespace

void Emitter::emit_wide(Op op, std::uint8_t dst, std::int32_t first, std::int32_t second) {
    emit(op, {.dst = dst, .imm = first});
    insns_.push_back(second_slot(second));
}

void Emitter::refer(Op op, std::uint8_t dst, std::uint8_t subprogram) {
    references_.push_back({position(), op, subprogram});
    if (slots(op) == 2)
        emit_wide(op, dst, 0, 0);
    else
        emit(op);
}

Emitter::Label Emitter::new_label() {
    labels_.push_back(nowhere);
    return static_cast<Label>(labels_.size() - 1);
}

void Emitter::jump(Op op, Operands operands, Label target) {
    jumps_.push_back({position(), op, target});
    emit(op, operands);
}

void Emitter::finish(Body& body) {
    for (const Jump& jump : jumps_) {
        if (labels_[jump.target] == nowhere) bug("a label was not placed");
        const auto distance = std::int64_t{labels_[jump.target]} - jump.pc - 1;
        if (!aim(insns_[jump.pc], jump.op, distance)) bug("a label is too far away");
    }
    body.insns = std::move(insns_);
    body.references = std::move(references_);
    body.cost = cost_;
}

}  // namespace bpftwin::differential
