// Random programs that are well defined: every engine has to run them to the same results. What
// they consist of is derived from the instruction table (isa/insns.def).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/run.h"
#include "bpftwin/spec.h"

namespace bpftwin::differential {

/// One run of one program of a case.
struct CaseRun {
    std::string program;
    RunInput input;
};

/// Programs that share maps and call each other, and the runs in which engines are compared, one
/// after the other on one instance.
struct Case {
    std::uint64_t seed = 0;
    ObjectSpec object;
    std::vector<CaseRun> runs;
};

/// CPUs that every engine has to be given for a case.
inline constexpr std::uint32_t cpu_count = 2;

/// The same case for the same seed on every machine.
Case generate_case(std::uint64_t seed);
/// The case that these bytes choose.
Case generate_case(std::span<const std::uint8_t> bytes);

}  // namespace bpftwin::differential
