// Mocks, faults and the log of calls, on every engine.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// get_current_pid_tgid, twice: r0 is the first result times 10 plus the second.
constexpr auto two_calls = "call 14\n r6 = r0\n r6 *= 10\n call 14\n r0 += r6\n exit";
/// bpf_get_route_realm, which nothing implements.
constexpr auto not_implemented = "call 24\n exit";

class interceptor : public testing::TestWithParam<EngineCase> {
protected:
    static Result<RunResult> run(std::string_view text, RunInput input) {
        const auto object = object_of({assembled(text, ProgType::unspec)}, {});
        auto instance = GetParam().make()->instantiate(object, GetParam().options);
        if (!instance) return std::unexpected(instance.error());
        input.world = World::fixed();
        return (*instance)->run("prog", input);
    }
    static RunInput with(Mock mock) { return {.mocks = {std::move(mock)}}; }
};
INSTANTIATE_TEST_SUITE_P(engines, interceptor, testing::ValuesIn(engine_cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(interceptor, a_value_answers_every_call) {
    const auto result = run(two_calls, with({.function = "get_current_pid_tgid", .values = {4}}));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->return_value, 44u);
    ASSERT_EQ(result->calls.size(), 2u);
    EXPECT_EQ(result->calls[0].function, "get_current_pid_tgid");
    EXPECT_EQ(result->calls[0].result, 4u);
    EXPECT_TRUE(result->calls[0].replaced);
}

TEST_P(interceptor, values_answer_in_order_and_nothing_means_the_real_function) {
    const auto result =
        run(two_calls, with({.function = "get_current_pid_tgid", .values = {0, std::nullopt}}));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->return_value, std::uint64_t{1000} << 32 | 1000);
    EXPECT_FALSE(result->calls[1].replaced);
    EXPECT_EQ(result->calls[1].result, result->return_value);
}

TEST_P(interceptor, a_callable_answers) {
    std::uint64_t calls = 0;
    const auto result =
        run(two_calls, with({.function = "get_current_pid_tgid",
                             .answer = [&](const CallRecord&) { return ++calls; }}));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->return_value, 12u);
}

TEST_P(interceptor, a_helper_that_is_not_implemented_can_be_mocked) {
    const auto result = run(not_implemented, with({.function = "get_route_realm", .values = {9}}));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_FALSE(result->trap);
    EXPECT_EQ(result->return_value, 9u);
}

TEST_P(interceptor, only_the_call_of_a_fault_fails) {
    const auto result =
        run(two_calls, {.faults = {{.function = "get_current_pid_tgid", .call = 2, .result = -1}}});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_FALSE(result->calls[0].replaced);
    EXPECT_TRUE(result->calls[1].replaced);
    EXPECT_EQ(result->calls[1].result, ~std::uint64_t{0});
}

TEST_P(interceptor, what_cannot_be_is_said) {
    const auto unknown = run(two_calls, with({.function = "get_curent_pid_tgid", .values = {4}}));
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("get_current_pid_tgid"));
    const auto no_failure =
        run(two_calls, {.faults = {{.function = "get_current_pid_tgid", .call = 1}}});
    ASSERT_FALSE(no_failure);
    EXPECT_THAT(no_failure.error().message, HasSubstr("no documented failure"));
}

TEST_P(interceptor, runs_with_and_without_mocks_share_an_instance) {
    const auto object = object_of({assembled(two_calls, ProgType::unspec)}, {});
    auto instance = GetParam().make()->instantiate(object, GetParam().options);
    ASSERT_TRUE(instance) << instance.error().message;
    const RunInput plain{.world = World::fixed()};
    RunInput mocked = plain;
    mocked.mocks = {{.function = "get_current_pid_tgid", .values = {1}}};
    EXPECT_EQ((*instance)->run("prog", mocked)->return_value, 11u);
    EXPECT_NE((*instance)->run("prog", plain)->return_value, 11u);
    EXPECT_EQ((*instance)->run("prog", mocked)->return_value, 11u);
}

}  // namespace
}  // namespace bpftwin::test
