// Which kernel functions programs may call, asked of the running kernel.
#include "verifier/kfuncs.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "btf/btf.h"
#include "isa/builder.h"
#include "tests/verifier/forms.h"

namespace bpftwin::verifier {
namespace {

using namespace build;
using test::Form;

constexpr const char* types_of_kernel = "/sys/kernel/btf/vmlinux";

/// Our answer in the kernel's words; of what comes before arguments are looked at.
std::string table_answer(const ProgramSpec& program, const Kfunc& kfunc) {
    const std::string name(kfunc.name);
    if (!may_call(program, kfunc)) return "calling kernel function " + name + " is not allowed";
    if (kfunc.has(sleepable) && program.prog_flags == 0)
        return "program must be sleepable to call sleepable kfunc " + name;
    return "";
}

std::string kernel_answer(const Verdict& verdict) {
    for (const char* about : {"calling kernel function", "program must be sleepable"})
        if (verdict.reason.contains(about)) return verdict.reason;
    return "";
}

/// Ids of the functions that the types mark as kernel functions of programs, by name.
std::map<std::string, std::uint32_t> marked(const Btf& types) {
    std::map<std::string, std::uint32_t> ids;
    for (std::uint32_t id = 1; id < types.type_count(); ++id) {
        const BtfType& tag = types.type(id);
        if (tag.kind == BtfKind::decl_tag && tag.name == "bpf_kfunc")
            ids.emplace(types.type(tag.type).name, tag.type);
    }
    return ids;
}

class Kfuncs : public testing::TestWithParam<ProgType> {};

TEST_P(Kfuncs, are_those_that_the_kernel_lets_programs_of_each_attach_type_call) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    const auto types = load_btf_file(types_of_kernel);
    if (!types) GTEST_SKIP() << types.error().message;
    const auto forms = test::forms_of(**judge, GetParam());
    if (forms.empty()) GTEST_SKIP() << "the kernel takes no such programs";
    const auto ids = marked(**types);
    for (const Form& form : forms)
        for (const Kfunc& kfunc : kfunc_table()) {
            const auto found = ids.find(std::string(kfunc.name));
            // Those for metadata are refused before, but to programs bound to a device.
            if (found == ids.end() || kfunc.name.starts_with("bpf_xdp_metadata_")) continue;
            const auto program = form.doing({call_kfunc(static_cast<std::int32_t>(found->second))});
            EXPECT_EQ(table_answer(program, kfunc), kernel_answer(test::ask(**judge, program)))
                << form.name() << " " << kfunc.name;
        }
}

INSTANTIATE_TEST_SUITE_P(of, Kfuncs, testing::ValuesIn(prog_types().begin(), prog_types().end()),
                         [](const auto& type) { return std::string(name_of(type.param)); });

/// Marked, but not in a set of functions that programs may call: their results are what programs
/// may change, or a congestion control asks for them.
const std::set<std::string> not_called = {"bpf_fentry_test1", "bpf_modify_return_test",
                                          "bpf_modify_return_test2"};

TEST(kfuncs, of_the_running_kernel_are_in_the_table) {
    const auto judge = test::make_judge();
    if (!judge || !(*judge)->release().starts_with("6.18"))
        GTEST_SKIP() << "no kernel of the release that the table mirrors";
    const auto types = load_btf_file(types_of_kernel);
    if (!types) GTEST_SKIP() << types.error().message;
    for (const auto& [name, id] : marked(**types))
        EXPECT_TRUE(kfunc_named(name) || not_called.contains(name)) << name;
}

}  // namespace
}  // namespace bpftwin::verifier
