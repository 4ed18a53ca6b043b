// Programs with the verdict on them, as text (tests/verifier/cases):
//
//   # Anything about the case that follows.
//   case a_program_returns_no_address
//   type xdp
//   map values array 4 64 1       name, type, sizes of key and value, entries; then `lock` or a
//   flag
//     r0 = r1
//     exit
//   rejected EINVAL At program exit the register R0 is not a known value (ctx)
//
// or `accepted N`, after N instructions. Functions and locks have the types that they need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/spec.h"

namespace bpftwin::test {

struct VerifierCase {
    std::string name;
    ObjectSpec object;
    std::string verdict;  ///< The case's last line.
};

/// @return an Error that names the line which is not understood.
Result<std::vector<VerifierCase>> read_cases(std::string_view text);

}  // namespace bpftwin::test
