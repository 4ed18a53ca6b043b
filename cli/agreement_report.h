// What `bpftwin corpus --compare` shows.
#pragma once

#include <string>

#include "cli/agreement.h"
#include "cli/json.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// A program on which two verifiers differ: a heading with the finding, and below it one line for
/// each, aligned: name, answer, and the reason or the numbers.
std::string pair_text(const JudgedTwice& pair, Style style);
Json pair_json(const JudgedTwice& pair);

/// The sums: "wrongly accepted 0", "same verdict 2155/2342 (92.0 %)", … and last "speed
/// ours/kernel 6.31", one per line; rows below a line are indented.
std::string agreement_text(const Agreement& agreement);
Json agreement_json(const Agreement& agreement);

}  // namespace bpftwin::cli
