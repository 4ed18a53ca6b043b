// What a selftest of the kernel expects of its program, as its annotations say it
// (tools/testing/selftests/bpf/progs/bpf_misc.h): declaration tags that test_loader.c reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bpftwin/spec.h"

namespace bpftwin::test {

struct Annotations {
    /// Lines of the verifier's log, in the order of their numbers.
    std::vector<std::pair<int, std::string>> messages = {};
    std::uint32_t log_level = 0, flags = 0, cleared_flags = 0;
    bool elsewhere = false;  ///< Only on another machine.
    bool refused = false;    ///< The verifier rejects the program.
    bool helps = false;      ///< No test of its own: others of the object tail-call or replace it.
    std::optional<std::string> result = {};  ///< What its run returns, as it is written.

    /// Loads the program with the flags that are asked for.
    void apply_flags(ProgramSpec& program) const;
};

/// Bytes of the packet that programs get, all zero (`TEST_DATA_LEN`).
inline constexpr std::uint32_t selftest_packet_size = 64;

/// The lower half of r0 that a `result` means; nothing: any is right, or it says no number.
std::optional<std::uint32_t> result_of(const std::string& text);

/// The annotations of an object's programs, by name.
std::map<std::string, Annotations> annotations_of(const Btf& types);

}  // namespace bpftwin::test
