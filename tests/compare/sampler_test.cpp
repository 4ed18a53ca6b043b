#include "compare/sampler.h"

#include <memory>

#include "compare/engines.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/builder.h"

namespace bpftwin::compare {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Something that takes exactly so long, and notes in which rounds.
Timed takes(double ns) {
    return [ns](std::size_t, std::uint32_t repeat) { return ns * repeat; };
}

TEST(sampler, summary_is_median_and_quartiles) {
    const Summary summary = summarize({5, 1, 4, 2, 3});
    EXPECT_EQ(summary.median, 3);
    EXPECT_EQ(summary.lower, 2);
    EXPECT_EQ(summary.upper, 4);
    EXPECT_DOUBLE_EQ(summary.spread(), 2.0 / 3);
    EXPECT_EQ(summarize({1, 2}).median, 1.5);
    EXPECT_EQ(summarize({7}).spread(), 0);
}

TEST(sampler, repeats_each_thing_until_a_sample_is_as_long_as_it_should_be) {
    Sampler sampler({takes(100), takes(4000), takes(5e6)}, 1e6);
    ASSERT_TRUE(sampler.run({.rounds = 3}));
    const auto measured = sampler.measurements();
    EXPECT_EQ(measured[0].repeat, 10'000u);
    EXPECT_EQ(measured[1].repeat, 250u);
    EXPECT_EQ(measured[2].repeat, 1u);
    EXPECT_EQ(measured[1].ns.median, 4000);
    EXPECT_EQ(measured[1].sample_ns(), 1e6);
}

TEST(sampler, a_thing_without_duration_ends_calibration) {
    Sampler sampler({takes(0)});
    EXPECT_TRUE(sampler.calibrate());
}

TEST(sampler, ratios_are_those_of_a_round_to_its_first_thing) {
    // The machine is ten times slower in every other round; the ratio does not show it.
    const auto disturbed = [](double ns) -> Timed {
        return [ns](std::size_t round, std::uint32_t repeat) {
            return ns * repeat * (round % 2 == 0 ? 1 : 10);
        };
    };
    Sampler sampler({disturbed(100), disturbed(300)});
    ASSERT_TRUE(sampler.run({.rounds = 10}));
    const auto measured = sampler.measurements();
    EXPECT_DOUBLE_EQ(measured[0].ratio.median, 1);
    EXPECT_DOUBLE_EQ(measured[1].ratio.median, 3);
    EXPECT_DOUBLE_EQ(measured[1].ratio.spread(), 0);
    EXPECT_GT(measured[1].ns.spread(), 1);
}

TEST(sampler, a_round_takes_each_thing_once_in_rotating_order) {
    auto order = std::make_shared<std::string>();
    const auto noting = [&](char letter) -> Timed {
        return [=](std::size_t, std::uint32_t repeat) {
            *order += letter;
            return 1e6 * repeat;
        };
    };
    Sampler sampler({noting('a'), noting('b'), noting('c')});
    ASSERT_TRUE(sampler.calibrate());
    order->clear();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(sampler.round());
    EXPECT_EQ(*order, "abcbcacab");
}

TEST(sampler, all_things_of_a_round_are_told_the_same_round) {
    auto rounds = std::make_shared<std::vector<std::size_t>>();
    const Timed thing = [=](std::size_t round, std::uint32_t repeat) {
        rounds->push_back(round);
        return 1e6 * repeat;
    };
    Sampler sampler({thing, thing});
    ASSERT_TRUE(sampler.calibrate());
    rounds->clear();
    ASSERT_TRUE(sampler.round());
    ASSERT_TRUE(sampler.round());
    EXPECT_THAT(*rounds, ElementsAre(0, 0, 1, 1));
}

TEST(sampler, takes_as_many_rounds_as_asked_and_tells_how_far_it_is) {
    Sampler sampler({takes(1e6)});
    std::vector<double> shares;
    ASSERT_TRUE(sampler.run({.rounds = 4}, [&](double share) {
        shares.push_back(share);
        return true;
    }));
    EXPECT_THAT(shares, ElementsAre(0.25, 0.5, 0.75, 1));
}

TEST(sampler, takes_a_few_rounds_however_short_the_time) {
    Sampler sampler({takes(1e6)});
    ASSERT_TRUE(sampler.run({.seconds = 1e-9}));
    EXPECT_EQ(sampler.rounds(), Effort::least_rounds);
}

TEST(sampler, ends_when_told_to) {
    Sampler sampler({takes(1e6)});
    ASSERT_TRUE(sampler.run({.rounds = 100}, [&](double) { return sampler.rounds() < 7; }));
    EXPECT_EQ(sampler.rounds(), 7u);
}

TEST(sampler, an_error_of_a_thing_is_an_error) {
    Sampler sampler(
        {takes(1), [](std::size_t, std::uint32_t) -> Result<double> { return fail("broken"); }});
    EXPECT_EQ(sampler.run({.rounds = 1}).error().message, "broken");
}

TEST(time_runs, a_trap_is_an_error) {
    using namespace build;
    ProgramSpec program;
    program.name = "endless";
    program.insns = build::program({ja(-1)});
    program.functions = {{0, "endless"}};
    ObjectSpec object;
    object.programs = {program};
    const auto instance = make_contender("interp")->instantiate(object);
    ASSERT_TRUE(instance) << instance.error().message;
    RunInput input;
    input.budget = 1000;
    const auto ns = time_runs(**instance, "endless", input, 2);
    ASSERT_FALSE(ns);
    EXPECT_THAT(ns.error().message, HasSubstr("budget"));
}

}  // namespace
}  // namespace bpftwin::compare
