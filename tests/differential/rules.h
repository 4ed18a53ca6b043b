// How instructions are generated: one rule per family of the table, so that a row needs no rule of
// its own. A rule says false, having written nothing, where it has no operands to offer.
#pragma once

#include <span>

#include "isa/op.h"
#include "tests/differential/draft.h"

namespace bpftwin::differential {

/// All rows of some families, in the table's order.
std::span<const Op> rows_of(Family family);

/// An instruction of this row, with what it needs around it. A new family has to be handled here.
bool generate(Draft& draft, Op op);

/// An instruction that computes with pointers, or a scalar from two of them.
bool generate_pointer_arithmetic(Draft& draft);
/// Two instructions on one register that the interpreter runs in one step (vm/pairs.def).
bool generate_pair(Draft& draft);
/// Instructions that compilers emit together and that a JIT compiler may turn into one.
bool generate_idiom(Draft& draft);

// --- The rules of single families. `row` is one of that family.

bool generate_alu(Draft& draft, const OpInfo& row);
bool generate_load(Draft& draft, const OpInfo& row);
bool generate_store(Draft& draft, const OpInfo& row);
bool generate_atomic(Draft& draft, const OpInfo& row);
bool generate_packet_load(Draft& draft, const OpInfo& row);
bool generate_constant(Draft& draft, const OpInfo& row);

/// What a row of the ALU family leaves in its destination.
Value result_of(const OpInfo& row, const Value& dst, std::int32_t imm);

}  // namespace bpftwin::differential
