// The public bpf_conformance suite on every engine and in both modes of each.
#include <gtest/gtest.h>

#include "bpftwin/engine.h"
#include "bpftwin/kernel.h"
#include "fmt/format.h"
#include "tests/conformance/data_file.h"
#include "tests/conformance/kernel_case.h"
#include "tests/conformance/run_case.h"

namespace bpftwin::conformance {
namespace {

/// What is wrong with the outcome of a case; empty if nothing.
std::string difference(const DataFile& file, const Result<std::uint64_t>& r0) {
    if (!r0 && !file.error.empty()) return {};
    if (!r0) return r0.error().message;
    if (!file.error.empty()) return fmt::format("r0 is {:#x}, expected \"{}\"", *r0, file.error);
    if (*r0 == file.result) return {};
    return fmt::format("r0 is {:#x}, expected {:#x}", *r0, file.result);
}

/// An engine in one of its modes.
struct Mode {
    std::string_view name;
    std::unique_ptr<Engine> (*make)();
    EngineOptions options;
};
const Mode modes[] = {
    {"interp_checked", make_interpreter, {.safety = Safety::checked}},
    {"interp_fast", make_interpreter, {.safety = Safety::unsafe}},
    {"jit", make_jit, {.safety = Safety::unsafe}},
    {"jit_unmetered", make_jit, {.safety = Safety::unsafe, .metered = false}},
};

class conformance : public testing::TestWithParam<Mode> {};

TEST_P(conformance, passes_all_cases) {
    auto files = data_files_in(BPFTWIN_CONFORMANCE_CORPUS);
    if (files.empty()) GTEST_SKIP() << "no cases in " BPFTWIN_CONFORMANCE_CORPUS;
    auto engine = GetParam().make();
    std::size_t passed = 0;
    for (const auto& path : files) {
        auto file = read_data_file(path);
        ASSERT_TRUE(file) << file.error().message;
        auto object = object_of(file->program);
        auto r0 =
            run_on(*engine, GetParam().options, object, object.programs.front(), file->memory);
        auto what = difference(*file, r0);
        EXPECT_TRUE(what.empty()) << file->name << ": " << what;
        passed += what.empty();
    }
    fmt::print("{}: {}/{}\n", GetParam().name, passed, files.size());
    EXPECT_EQ(passed, files.size());
}

INSTANTIATE_TEST_SUITE_P(modes, conformance, testing::ValuesIn(modes),
                         [](const auto& test) { return std::string(test.param.name); });

// No verifier takes cases that read what was not written, compute with pointers or never end.
TEST(conformance, passes_on_the_kernel_where_it_takes_the_case) {
    const auto files = data_files_in(BPFTWIN_CONFORMANCE_CORPUS);
    if (files.empty()) GTEST_SKIP() << "no cases in " BPFTWIN_CONFORMANCE_CORPUS;
    const auto kernel = make_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    const auto interpreter = make_interpreter();
    std::size_t taken = 0, passed = 0;
    for (const auto& path : files) {
        const auto file = read_data_file(path);
        ASSERT_TRUE(file) << file.error().message;
        const auto theirs = run_verified(**kernel, *file);
        if (!theirs) continue;
        ++taken;
        const auto ours = run_verified(*interpreter, *file);
        const std::string what = difference(*file, theirs);
        EXPECT_TRUE(what.empty()) << file->name << ": " << what;
        const std::string ours_what = difference(*file, ours);
        EXPECT_TRUE(ours_what.empty()) << file->name << " here: " << ours_what;
        passed += what.empty() && ours_what.empty();
    }
    fmt::print("kernel: {}/{} (it takes {} of {})\n", passed, taken, taken, files.size());
    EXPECT_EQ(passed, taken);
    EXPECT_GT(taken, files.size() / 2);  // Linux 6.18: 300.
}

}  // namespace
}  // namespace bpftwin::conformance
