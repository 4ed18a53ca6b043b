// What `bpftwin test` says: each test, each engine's sums, the table of features.
#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/terminal.h"
#include "cli/test_file.h"

namespace bpftwin::cli {

/// How a test went on one engine.
enum class Outlook : std::uint8_t {
    same,     ///< As on the reference.
    differs,  ///< In a way that the test declares.
    not_run,  ///< It cannot be run there, which says nothing of the program.
    failed,
};
std::string_view name_of(Outlook outlook);

struct EngineResult {
    Outlook outlook = Outlook::same;
    /// Why, or what was not compared although it is the same; empty: nothing to say.
    std::string reason;
};

/// One test on all engines.
struct TestResult {
    std::string path;
    TestCase test;
    /// What of the expected the reference did not show, with what it showed; empty: nothing.
    std::string failure = {};
    std::vector<EngineResult> engines = {};  ///< The reference first.

    [[nodiscard]] bool passed() const;
};

/// An engine of the plan.
struct TestEngine {
    std::string name;     ///< "vm:6.1".
    std::string release;  ///< Of a kernel, else empty.
};

/// One line, and under it what went wrong.
std::string test_line(const TestResult& result, const std::vector<TestEngine>& engines,
                      Style style);
/// Sums by engine, and why tests were not run.
std::string test_summary(const std::vector<TestResult>& results,
                         const std::vector<TestEngine>& engines, Style style);
Json test_json(const std::vector<TestResult>& results, const std::vector<TestEngine>& engines);
/// Features by engine in Markdown, reasons as notes below.
std::string feature_table(const std::vector<TestResult>& results,
                          const std::vector<TestEngine>& engines);

}  // namespace bpftwin::cli
