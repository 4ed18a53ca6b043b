#include "tests/differential/verified.h"

#include <set>

#include "bpftwin/kernel.h"
#include "gtest/gtest.h"
#include "isa/decode.h"
#include "tests/differential/report.h"

namespace bpftwin::differential {
namespace {

TEST(verified_programs, are_accepted_by_the_kernel_and_run_there_as_on_our_engines) {
    const auto kernel = make_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    const auto result = search_verified(**kernel, 800, 1, [](const auto&) { return true; });
    EXPECT_EQ(result.failure, "") << "seed " << result.seed << '\n'
                                  << describe(generate_verified_case(result.seed));
    EXPECT_EQ(result.rejected, 0u);
}

TEST(verified_programs, have_every_row_of_arithmetic_jumps_and_atomics) {
    std::set<Op> seen;
    for (std::uint64_t seed = 1; seed < 100; ++seed)
        for (const ProgramSpec& program : generate_verified_case(seed).object.programs)
            for (const Insn& insn : program.insns)
                if (const auto op = decode(insn)) seen.insert(*op);
    for (const OpInfo& row : op_table) {
        const bool wanted = row.family == Family::alu || row.family == Family::neg ||
                            row.family == Family::movsx || row.family == Family::end ||
                            row.family == Family::jmp || row.family == Family::atomic;
        EXPECT_TRUE(!wanted || seen.contains(row.op)) << row.name;
    }
}

TEST(verified_programs, are_the_same_for_the_same_seed) {
    EXPECT_EQ(describe(generate_verified_case(3)), describe(generate_verified_case(3)));
    EXPECT_NE(describe(generate_verified_case(3)), describe(generate_verified_case(4)));
}

}  // namespace
}  // namespace bpftwin::differential
