// What the programs that are compared with a kernel promise.
#include "tests/verdicts/contest.h"

#include "gtest/gtest.h"
#include "isa/decode.h"
#include "tests/verdicts/mutation.h"
#include "tests/verdicts/pointer_program.h"

namespace bpftwin::verdicts {
namespace {

TEST(pointer_programs, are_the_same_for_the_same_seed) {
    const auto one = pointer_programs(7, 4);
    const auto two = pointer_programs(7, 4);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(one.object.programs[i].insns, two.object.programs[i].insns);
}

TEST(pointer_programs, are_well_formed) {
    for (std::uint64_t seed = 1; seed < 20; ++seed)
        for (const ProgramSpec& program : pointer_programs(seed, 8).object.programs)
            EXPECT_TRUE(validate(program.insns)) << "seed " << seed << ' ' << program.name;
}

TEST(mutation, moves_functions_with_their_instructions) {
    differential::Choices choices(3);
    for (std::uint64_t seed = 1; seed < 20; ++seed)
        for (ProgramSpec program : pointer_programs(seed, 8).object.programs) {
            const auto before = program.insns.size();
            mutate(program, 6, choices);
            EXPECT_LE(program.insns.size(), before + 1);
            EXPECT_LT(program.func_info.back().insn, program.insns.size());
        }
}

TEST(contest, finds_nothing_that_only_we_accept) {
    auto contest = Contest::make();
    if (!contest) GTEST_SKIP() << contest.error().message;
    Sums sums;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto opinions = contest->judge(pointer_programs(seed, 16).object);
        ASSERT_TRUE(opinions) << opinions.error().message;
        for (const Opinions& each : *opinions) sums.add(each.agreement());
    }
    EXPECT_EQ(sums.of(Agreement::wrongly_accepted), 0U) << sums.text();
    EXPECT_EQ(sums.of(Agreement::not_judged), 0U) << sums.text();
    // Compilers evaluate arguments in different orders, so that these are other programs for each.
    EXPECT_GT(sums.of(Agreement::accepted), 16U) << sums.text();
}

}  // namespace
}  // namespace bpftwin::verdicts
