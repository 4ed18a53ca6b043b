// Tests in the comments of a BPF source: what to run, and what has to come of it.
//
//   //! test: a key that is not there gives no value     begins a test
//   //! run: --prog lookup --set counts 1 7              options as of `bpftwin run`; also several
//   //! expect: returned XDP_PASS                        in a line of what `bpftwin run` shows
//   //! covers: helper map_lookup_elem                   a feature, for tables
//   //! since: 5.17                                      kernels before that cannot run it
//   //! differs on vm:6.1: its clock is another          a known difference, which has to show
//
// Lines in front of the first test hold for all tests of the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin::cli {

/// An engine on which a test is known to go another way, and why.
struct KnownDifference {
    std::string engine;
    std::string reason;
};

struct TestCase {
    std::string title;
    std::uint32_t line = 0;  ///< Of `test:`, from 1.
    std::vector<std::string> options;
    std::vector<std::string> expected;  ///< In this order.
    std::vector<std::string> covers;
    std::string since;  ///< "5.17"; empty: any kernel.
    std::vector<KnownDifference> differences;
};

/// The tests of a source, in its order.
/// @return an Error that names the line of a directive that is unknown or says too little.
Result<std::vector<TestCase>> parse_tests(std::string_view source);

/// Words as a shell reads them: separated by spaces, '…' and "…" keep them together.
Result<std::vector<std::string>> split_words(std::string_view text);

/// Whether `line` has `wanted` as whole words, spaces counting as one.
bool shows(std::string_view line, std::string_view wanted);

/// The first of the expected lines that the report has not, in their order; empty: it has all.
std::string missing_line(std::string_view report, const std::vector<std::string>& expected);

}  // namespace bpftwin::cli
