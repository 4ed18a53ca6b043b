// Calls: subprograms, helpers, callbacks, tail calls, and what needs their results.
#pragma once

#include "isa/op.h"
#include "tests/differential/draft.h"

namespace bpftwin::differential {

/// A call of this row: of a helper, a subprogram, by register, or of a kernel function, which stops
/// the program and is therefore seldom executed.
bool generate_call(Draft& draft, const OpInfo& row);
/// A call of the subprogram that was generated last, if it can be called from here.
void generate_call_of_last(Draft& draft);
/// A helper that calls a subprogram back.
bool generate_callback(Draft& draft);
bool generate_tail_call(Draft& draft);
/// A map lookup, and statements that use the value where there is one.
bool generate_lookup(Draft& draft);
/// A check of the packet's length, and statements that use the packet where it is long enough.
bool generate_packet_block(Draft& draft);
/// A line of `bpf_trace_printk`.
bool generate_trace(Draft& draft);

/// Puts the program's context into a register. The function has one.
void load_context(Draft& draft, std::uint8_t dst);

}  // namespace bpftwin::differential
