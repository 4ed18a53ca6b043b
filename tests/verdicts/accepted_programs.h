// Objects whose programs a kernel accepts, as a beginning for mutations.
#pragma once

#include <string>
#include <vector>

#include "bpftwin/spec.h"
#include "tests/verdicts/contest.h"

namespace bpftwin::verdicts {

/// The objects below these folders, ready for the running kernel, with those of their programs
/// that it accepts and that are small enough to be judged thousands of times.
std::vector<ObjectSpec> accepted_programs(const std::vector<std::string>& folders,
                                          Contest& contest);

}  // namespace bpftwin::verdicts
