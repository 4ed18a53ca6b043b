// Our domain and the running kernel's verifier on the same computations: each fact about each
// number is the same.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/utsname.h>

#include <cstdlib>

#include "isa/disasm.h"
#include "tests/support/verifier_log.h"
#include "tests/verifier/number_program.h"
#include "tests/verifier/printed_scalars.h"

namespace bpftwin::test {

namespace {

using verifier::Scalar;

unsigned programs_wanted() {
    const char* wanted = std::getenv("BPFTWIN_KERNEL_PROGRAMS");
    return wanted != nullptr ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : 20;
}

/// One program on both sides.
class Match {
public:
    Match(const NumberProgram& program, const PrintedStates& kernel)
        : program_(program), kernel_(kernel) {
        for (const NumberStep& step : program_.steps) compare(step);
    }
    unsigned compared = 0;
    unsigned differences = 0;

private:
    void compare(const NumberStep& step) {
        if (step.starts_anew) differs_ = false;
        if (differs_) return;
        compare(step, "falls through", step.after, kernel_.after);
        if (step.branches) compare(step, "jumps", step.taken, kernel_.taken);
        if (!step.branches && kernel_.taken.contains(step.insn))
            miss(step, "only the kernel's branches");
    }

    void compare(const NumberStep& step, std::string_view where, const Known& ours,
                 const std::map<unsigned, PrintedRegs>& states) {
        const auto found = states.find(step.insn);
        if (found == states.end()) return miss(step, fmt::format("the kernel's never {}", where));
        compare(step, where, "r6", ours.r6, found->second[6]);
        compare(step, where, "r7", ours.r7, found->second[7]);
    }
    void compare(const NumberStep& step, std::string_view where, std::string_view reg,
                 const Scalar& ours, const std::optional<Scalar>& kernels) {
        if (!kernels) return;
        ++compared;
        if (ours == *kernels || (ours.is_const() && ours.var_off == kernels->var_off)) return;
        miss(step, fmt::format("{}, {}\nours   {}\nkernel {}", where, reg, text_of(ours),
                               text_of(*kernels)));
    }

    void miss(const NumberStep& step, const std::string& what) {
        differs_ = true;
        ++differences;
        if (differences > 3) return;
        ADD_FAILURE() << fmt::format("{} {}: {}\nr6 was {}\nr7 was {}", step.insn,
                                     disassemble(program_.insns, step.insn).value_or("?"), what,
                                     text_of(step.before.r6), text_of(step.before.r7));
    }

    const NumberProgram& program_;
    const PrintedStates& kernel_;
    bool differs_ = false;
};

/// Why there is nothing to compare with, or empty. Other releases know more or less.
std::string why_not_comparable() {
    utsname names{};
    uname(&names);
    const std::string_view release = names.release;
    if (!release.starts_with("6.18.")) return fmt::format("this kernel is {}, not 6.18", release);
    return why_no_kernel();
}

TEST(kernel_scalar, knows_the_same_facts) {
    if (const std::string why = why_not_comparable(); !why.empty()) GTEST_SKIP() << why;
    unsigned compared = 0;
    for (unsigned seed = 0; seed < programs_wanted(); ++seed) {
        std::mt19937_64 random(seed);
        const NumberProgram program = number_program(random, 400);
        const auto log = verifier_log(program.insns, BPF_PROG_TYPE_SOCKET_FILTER);
        ASSERT_TRUE(log) << log.error().message;
        const Match match(program, read_states(*log));
        compared += match.compared;
        ASSERT_EQ(match.differences, 0U) << "seed " << seed;
    }
    RecordProperty("compared", static_cast<int>(compared));
    EXPECT_GT(compared, programs_wanted() * 400);
}

}  // namespace
}  // namespace bpftwin::test
