// Prototypes of helpers, by program type, asked of the running kernel.
#include "helpers/prototype.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "isa/builder.h"
#include "tests/verifier/forms.h"
#include "verifier/availability.h"

namespace bpftwin::verifier {
namespace {

using namespace build;
using test::Form;

/// Whether any number is an argument.
bool takes_numbers(ArgType type) {
    constexpr auto numbers =
        std::to_array({ArgType::anything, ArgType::const_size, ArgType::const_size_or_zero,
                       ArgType::const_alloc_size_or_zero});
    return std::ranges::find(numbers, type) != numbers.end();
}

/// A call with the context where the first argument may be one, and else with numbers.
std::vector<Insn> call_with_numbers(const Helper& helper) {
    std::vector<Insn> insns;
    for (const Reg reg : {r1, r2, r3, r4, r5})
        if (reg != r1 || helper.args[0].type != ArgType::ctx) insns.push_back(mov(reg, 1));
    insns.push_back(call(static_cast<std::int32_t>(helper.id)));
    return insns;
}

/// The number of the first register that must hold a pointer but holds a number; 0: none.
int refused_register(const Helper& helper) {
    for (int number = 1; const Arg& arg : helper.args) {
        if (arg.type == ArgType::none) return 0;
        const bool given = number == 1 && arg.type == ArgType::ctx;
        if (!given && !takes_numbers(arg.type)) return number;
        ++number;
    }
    return 0;
}

/// The same of the kernel's line, which dynptrs call arguments.
int refused_register(const Verdict& verdict) {
    int number = 0;
    if (sscanf(verdict.reason.c_str(), "R%d type=", &number) == 1) return number;
    if (sscanf(verdict.reason.c_str(), "arg#%d expected", &number) == 1) return number + 1;
    return 0;
}

class Prototypes : public testing::TestWithParam<ProgType> {};

TEST_P(Prototypes, ask_for_pointers_where_the_kernel_does) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    const auto forms = test::forms_of(**judge, GetParam());
    if (forms.empty()) GTEST_SKIP() << "the kernel takes no such programs";
    const Form& form = forms.front();
    const Caller caller{.gpl_compatible = true, .sleepable = form.program.prog_flags != 0};
    for (const Helper& row : helper_table()) {
        const Helper& helper = prototype_for(row, GetParam());
        if (!check_helper_allowed(form.program, helper, caller)) continue;
        const Verdict verdict = test::ask(**judge, form.doing(call_with_numbers(helper)));
        if (verdict.reason.contains("cannot use helper")) continue;  // Not in this kernel.
        EXPECT_EQ(refused_register(helper), refused_register(verdict))
            << form.name() << " " << helper.name << ": " << verdict.reason;
    }
}

/// A spill around a call that clobbers nothing needs no stack (bpf_fastcall): the deepest call
/// chain has room for it only then.
TEST_P(Prototypes, clobber_no_register_where_the_kernel_says_so) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    const Helper& row = *helper_named("get_smp_processor_id");
    for (const Form& form : test::forms_of(**judge, GetParam())) {
        auto program = form.doing({stxdw(r10, -456, r1), call(static_cast<std::int32_t>(row.id)),
                                   ldxdw(r1, r10, -456), insn(Op::call_local, {.imm = 2})});
        for (const Insn insn : {stdw(r10, -64, 0), mov(r0, 0), build::exit()})
            program.insns.push_back(insn);
        const Verdict verdict = test::ask(**judge, program);
        const bool fast = prototype_for(row, GetParam()).fastcall;
        EXPECT_EQ(verdict.answer == Answer::accepted, fast) << form.name() << verdict.reason;
        return;
    }
}

INSTANTIATE_TEST_SUITE_P(of, Prototypes,
                         testing::ValuesIn(prog_types().begin(), prog_types().end()),
                         [](const auto& type) { return std::string(name_of(type.param)); });

}  // namespace
}  // namespace bpftwin::verifier
