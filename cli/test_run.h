// One test of a BPF source on all engines.
#pragma once

#include <span>
#include <string>

#include "cli/clearance.h"
#include "cli/comparison.h"
#include "cli/object.h"
#include "cli/test_report.h"

namespace bpftwin::cli {

/// Runs a test as its options say and compares what the reference shows with what it expects, and
/// every other engine with the reference.
/// @param path where the test stands: files that it names are looked for beside it.
/// @param trust what holds for all tests.
/// @param competitors the reference first; none is absent.
/// @return an Error where the test cannot be run at all, such as for an option that is wrong.
Result<TestResult> run_test(const std::string& path, const TestCase& test,
                            const ReadyObject& object, const TrustArguments& trust,
                            std::span<const Competitor> competitors);

}  // namespace bpftwin::cli
