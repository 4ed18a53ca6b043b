// Whole functions: where a draft begins, what it consists of, how it ends.
#pragma once

#include <span>

#include "tests/differential/choices.h"
#include "tests/differential/setting.h"

namespace bpftwin::differential {

/// A subprogram that may call those given.
/// @param chained whether it does call the last of them.
Body generate_subprogram(Choices& choices, const Setting& setting,
                         std::span<const Body> subprograms, const Signature& signature,
                         bool chained, unsigned statements);

/// A program's entry function.
/// @param tail_called whether others call it, and leave nothing in r2.
/// @param chained whether it calls the last subprogram first of all.
Body generate_entry(Choices& choices, const Setting& setting, std::span<const Body> subprograms,
                    bool tail_called, bool chained, unsigned statements);

}  // namespace bpftwin::differential
