// `--mock` and `--fail`: what answers for helpers and kernel functions.
#pragma once

#include <string>

#include "bpftwin/error.h"
#include "bpftwin/run.h"

namespace bpftwin::cli {

/// "FUNCTION=VALUE,VALUE,…": an integer, an errno by name (-ENOMEM), null, or real for the function
/// itself; the last one holds for all further calls.
Result<Mock> parse_mock(const std::string& text);

/// "FUNCTION#K=VALUE"; without "#K" the first call, without "=VALUE" the documented error.
Result<Fault> parse_fault(const std::string& text);

/// "map_update_elem(0x7f…, 3) = -12 (ENOMEM), replaced".
std::string call_text(const CallRecord& call);

/// A result as people write it: "0", "-12 (ENOMEM)", "0x7f…".
std::string result_text(std::uint64_t result);

}  // namespace bpftwin::cli
