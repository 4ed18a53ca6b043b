// perf's list of code that has no file: /tmp/perf-PID.map (Linux, tools/perf/Documentation,
// jit-interface.txt).
#pragma once

#include <span>

#include "bpftwin/error.h"
#include "jit/code_names.h"

namespace bpftwin::jit {

/// Appends lines to this process's list.
/// @return an Error where there is no such file and none can be made, or where it belongs to
/// someone else.
Result<void> append_to_perf_map(std::span<const CodeName> names);

}  // namespace bpftwin::jit
