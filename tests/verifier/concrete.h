// What instructions do to values, by row of the table.
#pragma once

#include <cstdint>

#include "isa/op.h"

namespace bpftwin::test {

/// The new value of dst for a row of family alu, neg, end or movsx.
std::uint64_t computed(Op op, std::uint64_t dst, std::uint64_t src);

/// Whether the jump of family jmp is taken.
bool is_taken(Op op, std::uint64_t dst, std::uint64_t src);

}  // namespace bpftwin::test
