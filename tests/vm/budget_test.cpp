// No program runs for ever.
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

/// Every engine that counts.
std::vector<EngineCase> metered_engines() {
    auto engines = engine_cases();
    std::erase_if(engines, [](const EngineCase& one) { return !one.options.metered; });
    return engines;
}

class budget : public testing::TestWithParam<EngineCase> {
protected:
    static RunResult run(std::string_view text, std::uint64_t budget,
                         std::vector<MapSpec> maps = {}) {
        return run_first(GetParam(), object_of({assembled(text)}, std::move(maps)),
                         {.context = Bytes(8), .budget = budget});
    }
    static void expect_stopped(std::string_view text, std::vector<MapSpec> maps = {}) {
        const auto result = run(text, 1'000'000, std::move(maps));
        ASSERT_TRUE(result.trap) << text;
        EXPECT_EQ(result.trap->kind, TrapKind::budget) << text;
    }
};
INSTANTIATE_TEST_SUITE_P(engines, budget, testing::ValuesIn(metered_engines()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(budget, stops_loops_of_every_kind) {
    expect_stopped("l: goto l");
    expect_stopped("l: gotol l");
    expect_stopped("r0 = 0\n l: if r0 == 0 goto l\n exit");
    expect_stopped("l: r0 = 1\n r0 += 1\n goto m\n m: goto l");
    expect_stopped("r1 = 5\n goto b\n a: if r1 == 5 goto b\n exit\n b: goto a");
}

TEST_P(budget, stops_loops_in_functions_and_callbacks) {
    expect_stopped("call f\n exit\n f: goto f");
    expect_stopped("r1 = 1\n r2 = subprog[f]\n r3 = 0\n r4 = 0\n call 181\n exit\n f: goto f");
}

TEST_P(budget, stops_loops_of_helper_calls) { expect_stopped("l: call 8\n goto l"); }

/// Eight functions, each of which calls the next one a thousand times.
std::string tree_of_loops() {
    std::string text;
    for (int level = 0; level < 7; ++level)
        text += fmt::format(
            "f{0}: r6 = 1000\n again{0}: call f{1}\n r6 += -1\n if r6 != 0 goto again{0}\n exit\n",
            level, level + 1);
    return text + "f7: r0 = 0\n exit";
}

TEST_P(budget, stops_a_tree_of_calls_in_loops) { expect_stopped(tree_of_loops()); }

/// The same without a loop: twenty calls each.
std::string tree_of_calls() {
    std::string text;
    for (int level = 0; level < 7; ++level) {
        text += fmt::format("f{}:", level);
        for (int i = 0; i < 20; ++i) text += fmt::format(" call f{}\n", level + 1);
        text += "exit\n";
    }
    return text + "f7: r0 = 0\n exit";
}

TEST_P(budget, stops_a_tree_of_calls) { expect_stopped(tree_of_calls()); }

TEST_P(budget, stops_bpf_loop_within_bpf_loop) {
    std::string text;
    for (int level = 0; level < 7; ++level)
        text += fmt::format(
            "f{}: r1 = 8000000\n r2 = subprog[f{}]\n r3 = 0\n r4 = 0\n call 181\n r0 = 0\n exit\n",
            level, level + 1);
    expect_stopped(text + "f7: r0 = 0\n exit");
}

TEST_P(budget, stops_may_goto_within_may_goto) {
    expect_stopped(R"(
        a: may_goto out
        b: may_goto a
        goto b
        out: exit)");
}

TEST_P(budget, is_shared_by_tail_calls) {
    // 34 programs, each with a loop of 100,000 rounds.
    const MapSpec self{.name = "progs",
                       .type = MapType::prog_array,
                       .key_size = 4,
                       .value_size = 4,
                       .max_entries = 1,
                       .slots = {{0, "prog"}}};
    expect_stopped(R"(
        r2 = 100000
        l: r2 += -1
        if r2 != 0 goto l
        r2 = map[fd:0]
        r3 = 0
        call 12
        r0 = 0
        exit)",
                   {self});
}

TEST_P(budget, of_endless_tail_calls_is_not_even_needed) {
    const MapSpec self{.name = "progs",
                       .type = MapType::prog_array,
                       .key_size = 4,
                       .value_size = 4,
                       .max_entries = 1,
                       .slots = {{0, "prog"}}};
    const auto result =
        run("l: r2 = map[fd:0]\n r3 = 0\n call 12\n r0 = 3\n exit", 1'000'000, {self});
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 3u);
}

// The interpreter counts exactly; what counts otherwise must not let more pass.
TEST_P(budget, is_never_exceeded) {
    if (GetParam().counts_insns) GTEST_SKIP() << "the interpreter looks at jumps and calls only";
    const EngineCase exact{"exact", make_interpreter, {.safety = Safety::unsafe}};
    for (const std::string& text :
         {std::string("r0 = 1\n r0 = 2\n exit"),
          std::string("r1 = 50\n l: r1 += -1\n if r1 != 0 goto l\n exit"),
          std::string("r1 = 0x123456789 ll\n r0 = r1\n exit"),
          std::string(
              "r6 = 9\n l: call f\n r6 += -1\n if r6 != 0 goto l\n exit\n f: r7 = 3\n m: r7 "
              "+= -1\n if r7 != 0 goto m\n exit"),
          std::string("r1 = 9\n goto b\n a: r1 += -1\n b: if r1 s> 4 goto a\n if r1 s> 0 goto c\n "
                      "exit\n c: r1 += -1\n goto a")}) {
        const auto object = object_of({assembled(text)});
        const std::uint64_t needed = run_first(exact, object).insns;
        const auto stopped = run_first(GetParam(), object, {.budget = needed - 1});
        EXPECT_TRUE(stopped.trap) << text;
        EXPECT_FALSE(run_first(GetParam(), object, {.budget = 3 * needed + 100}).trap) << text;
    }
}

TEST_P(budget, is_that_of_each_repetition) {
    const auto program = assembled("r1 = 1000\n l: r1 += -1\n if r1 != 0 goto l\n r0 = 0\n exit");
    const auto result =
        run_first(GetParam(), object_of({program}), {.repeat = 100, .budget = 4000});
    EXPECT_FALSE(result.trap);
}

TEST_P(budget, of_0_stops_everything) {
    if (GetParam().counts_insns) GTEST_SKIP() << "the interpreter looks at jumps and calls only";
    EXPECT_TRUE(run("r0 = 0\n exit", 0).trap);
}

TEST(unmetered, code_ignores_the_budget) {
    const EngineCase unmetered{"jit", make_jit, {.safety = Safety::unsafe, .metered = false}};
    const auto program = assembled("r1 = 1000\n l: r1 += -1\n if r1 != 0 goto l\n r0 = 7\n exit");
    const auto result = run_first(unmetered, object_of({program}), {.budget = 10});
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 7u);
}

}  // namespace
}  // namespace bpftwin::test
