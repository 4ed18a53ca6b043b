// Jumps, loops and blocks of statements.
#pragma once

#include "isa/op.h"
#include "tests/differential/draft.h"

namespace bpftwin::differential {

/// About so many statements of any kind, with all jumps among them placed.
void generate_block(Draft& draft, unsigned statements);

/// A conditional jump forward, out of loops perhaps.
bool generate_branch(Draft& draft, const OpInfo& row);
/// `goto`, `gotol` or `may_goto` forward.
bool generate_goto(Draft& draft, const OpInfo& row);
/// A loop of a few rounds.
bool generate_loop(Draft& draft);
/// A comparison of two pointers into one area.
bool generate_pointer_branch(Draft& draft);

/// Folds everything that can be read into r0 and leaves the function.
void generate_exit(Draft& draft);
/// The same on one of two paths.
bool generate_early_exit(Draft& draft);

}  // namespace bpftwin::differential
