// The cases of tests/verifier/cases: our verdict and the running kernel's are the ones that stand
// there.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bpftwin/verify.h"
#include "fmt/format.h"
#include "tests/verifier/cases.h"
#include "tests/verifier/kernel_asked.h"

namespace bpftwin::test {

void PrintTo(const VerifierCase& one, std::ostream* out) { *out << one.name; }

namespace {

std::vector<VerifierCase> all_cases() {
    std::vector<VerifierCase> all;
    for (const auto& entry : std::filesystem::directory_iterator(CASES_FOLDER)) {
        std::ifstream in(entry.path());
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        auto cases = read_cases(text);
        if (!cases) throw std::runtime_error(cases.error().in(entry.path().string()).message);
        std::move(cases->begin(), cases->end(), std::back_inserter(all));
    }
    return all;
}

/// As a case's last line has it.
std::string line_of(const Verdict& verdict) {
    if (verdict.answer == Answer::accepted) return fmt::format("accepted {}", verdict.insns);
    constexpr int not_supported = 524;  // Of the kernel, without a name here.
    const std::string error =
        verdict.error == not_supported ? "ENOTSUPP" : strerrorname_np(verdict.error);
    return fmt::format("{} {} {}", name_of(verdict.answer), error, verdict.reason);
}

class Cases : public testing::TestWithParam<VerifierCase> {};

TEST_P(Cases, are_judged_so_by_us) {
    const ObjectSpec& object = GetParam().object;
    EXPECT_EQ(line_of(verify(object, object.programs.front(), {.log_level = 2})),
              GetParam().verdict);
}

TEST_P(Cases, are_judged_so_by_the_kernel) {
    const Verdict verdict = kernel_verdict(GetParam().object);
    if (verdict.answer == Answer::not_loadable) GTEST_SKIP() << verdict.reason;
    EXPECT_EQ(line_of(verdict), GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(verifier, Cases, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace bpftwin::test
