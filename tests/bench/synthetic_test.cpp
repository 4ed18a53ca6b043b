#include "bench/synthetic.h"

#include "bench/phases.h"
#include "gtest/gtest.h"

namespace bpftwin::bench {
namespace {

/// r0 of the program on that engine.
Result<std::uint64_t> returned(const ObjectSpec& object, const compare::Contender& engine) {
    auto instance = engine.instantiate(object);
    if (!instance) return std::unexpected(instance.error());
    RunInput input;
    input.context = Bytes(64);
    input.world = World::fixed();
    auto result = (*instance)->run("synthetic", input);
    if (!result) return std::unexpected(result.error());
    if (result->trap) return fail(result->trap->describe());
    return result->return_value;
}

TEST(synthetic, has_exactly_the_size_that_is_asked_for) {
    for (const std::size_t size :
         {least_insns, std::size_t{11}, std::size_t{100}, std::size_t{1001}})
        EXPECT_EQ(synthetic_object(size).programs[0].insns.size(), size);
}

TEST(synthetic, is_the_same_every_time) {
    EXPECT_EQ(synthetic_object(5000).programs[0].insns, synthetic_object(5000).programs[0].insns);
}

TEST(synthetic, runs_without_a_bad_access_and_alike_on_every_engine) {
    for (const std::size_t size : {std::size_t{10}, std::size_t{137}, std::size_t{20'000}}) {
        const ObjectSpec object = synthetic_object(size);
        const auto expected = returned(object, *compare::make_contender("checked"));
        ASSERT_TRUE(expected) << expected.error().message;
        for (const std::string& name : compare::contender_names()) {
            const auto actual = returned(object, *compare::make_contender(name));
            ASSERT_TRUE(actual) << name << ": " << actual.error().message;
            EXPECT_EQ(*actual, *expected) << name << ", " << size << " instructions";
        }
    }
}

}  // namespace
}  // namespace bpftwin::bench
