#include "tests/differential/rules.h"

#include <algorithm>
#include <array>
#include <vector>

#include "tests/differential/calls.h"
#include "tests/differential/flow.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

constexpr std::size_t family_count = static_cast<std::size_t>(Family::lddw) + 1;

std::array<std::vector<Op>, family_count> sort_by_family() {
    std::array<std::vector<Op>, family_count> rows;
    for (const OpInfo& row : op_table) rows[static_cast<std::size_t>(row.family)].push_back(row.op);
    return rows;
}

/// `dst = -dst`, `dst = (s8)src`, `dst = bswap16 dst`: what they need and leave differs little.
bool generate_unary(Draft& draft, const OpInfo& row) {
    const bool has_source = has(row.operands, src_field);
    Operands operands;
    operands.dst = has_source ? draft.destination() : draft.changeable_scalar();
    if (has_source) operands.src = draft.scalar();
    if (row.family == Family::cast) operands.imm = draft.choices.percent(50) ? 1 : 1 << 16;
    draft.code.emit(row.op, operands);
    const bool short_result = row.bits == 32 || row.family == Family::cast;
    draft.wrote(operands.dst, short_result ? Value::scalar(0xffffffff) : Value::scalar());
    return true;
}

}  // namespace

std::span<const Op> rows_of(Family family) {
    static const auto rows = sort_by_family();
    return rows[static_cast<std::size_t>(family)];
}

bool generate(Draft& draft, Op op) {
    const OpInfo& row = info(op);
    switch (row.family) {
        case Family::alu: return generate_alu(draft, row);
        case Family::neg:
        case Family::movsx:
        case Family::cast:
        case Family::end: return generate_unary(draft, row);
        case Family::jmp: return generate_branch(draft, row);
        case Family::ja: return generate_goto(draft, row);
        case Family::call: return generate_call(draft, row);
        case Family::exit: return generate_early_exit(draft);
        case Family::ldx:
        case Family::ldxsx:
        case Family::load_acquire: return generate_load(draft, row);
        case Family::st:
        case Family::stx:
        case Family::store_release: return generate_store(draft, row);
        case Family::atomic: return generate_atomic(draft, row);
        case Family::ld_abs:
        case Family::ld_ind: return generate_packet_load(draft, row);
        case Family::lddw: return generate_constant(draft, row);
    }
    return false;
}

}  // namespace bpftwin::differential
