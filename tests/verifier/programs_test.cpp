// The programs of tests/verifier/programs: our verdict and the running kernel's are the ones that
// they have on them.
#include <cerrno>
#include <filesystem>
#include <map>
#include <regex>

#include "btf/btf.h"
#include "compare/judge.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/support/compile.h"
#include "tests/verifier/forms.h"

namespace bpftwin::test {
namespace {

constexpr std::string_view only_we = "only we ";

/// The verdict that stands on each program, by name.
std::map<std::string, std::string> verdicts_on(const Btf& types) {
    std::map<std::string, std::string> verdicts;
    for (std::uint32_t id = 1; id < types.type_count(); ++id) {
        const BtfType& tag = types.type(id);
        const bool is_verdict = tag.name.starts_with("accepted") ||
                                tag.name.starts_with("rejected ") || tag.name.starts_with(only_we);
        if (tag.kind == BtfKind::decl_tag && is_verdict)
            verdicts.emplace(types.type(tag.type).name, tag.name);
    }
    return verdicts;
}

/// Without what compilers choose: numbers of registers, of instructions, of references.
std::string without_numbers(const std::string& text) {
    static const std::regex chosen("(R|id=|uid=|insn_idx=|frame|off=|off )[0-9]+");
    return std::regex_replace(text, chosen, "$1#");
}

std::string line_of(const Verdict& verdict) {
    return verdict.answer == Answer::accepted ? "accepted" : "rejected " + verdict.reason;
}

class Programs : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        auto compiled = compile_file(fmt::format("{}/{}.bpf.c", PROGRAMS_FOLDER, GetParam()),
                                     {.flags = {"-mcpu=v3"}});
        if (!compiled.skip_reason.empty()) GTEST_SKIP() << compiled.skip_reason;
        ASSERT_FALSE(compiled.path.empty()) << compiled.errors;
        auto object = load_elf_file(compiled.path);
        ASSERT_TRUE(object) << object.error().message;
        object_ = std::move(*object);
        for (const ProgramSpec& program : object_.programs) names_.push_back(program.name);
        expected_ = verdicts_on(*object_.btf);
        ASSERT_EQ(expected_.size(), names_.size());
    }

    [[nodiscard]] std::string expected(const std::string& program, bool by_us) const {
        const std::string& verdict = expected_.at(program);
        if (!verdict.starts_with(only_we)) return verdict;
        return by_us ? verdict.substr(only_we.size()) : "accepted";
    }

    void expect_verdicts_of(Judge& judge, bool by_us) {
        const auto verdicts = judge.judge(object_, names_, 0);
        ASSERT_TRUE(verdicts) << verdicts.error().message;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            const Verdict& verdict = (*verdicts)[i];
            // Not by the verifier: the kernel does not run such programs at all.
            if (verdict.answer == Answer::not_loadable || verdict.error == EPERM) continue;
            EXPECT_EQ(without_numbers(line_of(verdict)),
                      without_numbers(expected(names_[i], by_us)))
                << names_[i] << "\n"
                << verdict.log;
        }
    }

private:
    ObjectSpec object_;
    std::vector<std::string> names_;
    std::map<std::string, std::string> expected_;
};

TEST_P(Programs, are_judged_so_by_us) {
    if (!load_btf_file("/sys/kernel/btf/vmlinux")) GTEST_SKIP() << "the kernel shows no types";
    const auto judge = compare::make_judge("bpftwin");
    ASSERT_TRUE(judge) << judge.error().message;
    expect_verdicts_of(**judge, true);
}

TEST_P(Programs, are_judged_so_by_the_kernel) {
    const auto judge = make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    expect_verdicts_of(**judge, false);
}

INSTANTIATE_TEST_SUITE_P(verifier, Programs,
                         testing::Values("connections", "dynptrs", "later", "locks", "objects",
                                         "hooks", "user_memory"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace bpftwin::test
