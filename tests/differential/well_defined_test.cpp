// What counts as well defined, on programs that are and are not.
#include "tests/differential/well_defined.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::differential {
namespace {

/// One program that runs once, with a context of 8 bytes.
Case case_of(std::string_view text) {
    return {.object = test::object_of({test::assembled(text)}),
            .runs = {{"prog", {.context = Bytes(8), .world = World::fixed()}}}};
}

bool holds(std::string_view text) { return is_well_defined(case_of(text)); }

TEST(well_defined, is_a_program_that_reads_what_it_wrote) {
    EXPECT_TRUE(holds("r3 = 1\n *(u64 *)(r10 -8) = r3\n r0 = *(u64 *)(r10 -8)\n exit"));
    EXPECT_TRUE(holds("r0 = *(u64 *)(r1 +0)\n r0 += r2\n exit"));
    EXPECT_TRUE(holds("r6 = 1\n call f\n r0 += r6\n exit\n f: r0 = 2\n exit"));
}

TEST(well_defined, is_not_what_reads_an_unwritten_register) {
    EXPECT_FALSE(holds("r0 = r7\n exit"));
    EXPECT_FALSE(holds("exit"));
}

TEST(well_defined, is_not_what_reads_unwritten_stack) {
    EXPECT_FALSE(holds("r0 = *(u64 *)(r10 -512)\n exit"));
    EXPECT_FALSE(holds("*(u8 *)(r10 -8) = 1\n r0 = *(u16 *)(r10 -8)\n exit"));
}

TEST(well_defined, is_not_what_uses_arguments_after_a_call) {
    EXPECT_FALSE(holds("r3 = 1\n call 5\n r0 = r3\n exit"));
    EXPECT_FALSE(holds("r3 = 1\n call f\n r0 = r3\n exit\n f: r0 = 2\n exit"));
}

TEST(well_defined, is_not_a_function_that_uses_its_callers_registers) {
    EXPECT_FALSE(holds("r6 = 1\n call f\n exit\n f: r0 = r6\n exit"));
}

TEST(well_defined, is_not_what_leaves_memory_or_does_not_end) {
    EXPECT_FALSE(holds("r0 = *(u64 *)(r1 +1)\n exit"));
    auto endless = case_of("l: goto l");
    endless.runs[0].input.budget = 1000;
    EXPECT_FALSE(is_well_defined(endless));
}

TEST(well_defined, is_not_what_tells_an_address) {
    EXPECT_FALSE(holds("r0 = r10\n exit"));
    EXPECT_FALSE(holds("r0 = 0\n *(u64 *)(r1 +0) = r1\n exit"));
}

TEST(well_defined, is_a_jump_over_what_is_not) {
    EXPECT_TRUE(holds("r0 = 0\n if r0 == 0 goto out\n r0 = r7\n out: exit"));
}

}  // namespace
}  // namespace bpftwin::differential
