#include "bench/chart.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(chart, text_of_others_is_escaped) {
    EXPECT_EQ(escaped("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;");
}

TEST(chart, numbers_have_a_few_digits_and_thousands_are_parted) {
    EXPECT_EQ(short_number(0.0234), "0.023");
    EXPECT_EQ(short_number(1.849), "1.85");
    EXPECT_EQ(short_number(2), "2.00");
    EXPECT_EQ(short_number(31.26), "31.3");
    EXPECT_EQ(short_number(456.7), "457");
    EXPECT_EQ(short_number(1234567), "1,234,567");
    EXPECT_EQ(whole_number(7), "7");
    EXPECT_EQ(whole_number(1000), "1,000");
}

TEST(log_scale, begins_and_ends_at_round_numbers) {
    const LogScale scale = LogScale::around(1, 43, 100);
    EXPECT_EQ(scale.low, 1);
    EXPECT_EQ(scale.high, 50);
    EXPECT_THAT(scale.ticks(), ElementsAre(1, 2, 5, 10, 20, 50));
    EXPECT_THAT(LogScale::around(0.3, 2, 100).ticks(),
                ElementsAre(testing::DoubleEq(0.2), testing::DoubleEq(0.5), 1, 2));
}

TEST(log_scale, has_length_even_where_all_values_are_the_same) {
    const LogScale scale = LogScale::around(1, 1, 100);
    EXPECT_LT(scale.low, scale.high);
    EXPECT_EQ(LogScale::around(5, 5, 100).high, 10);
    EXPECT_EQ(LogScale::around(2, 2, 100).high, 5);
}

TEST(log_scale, maps_equal_ratios_to_equal_lengths) {
    const LogScale scale{1, 100, 200};
    EXPECT_DOUBLE_EQ(scale.at(1), 0);
    EXPECT_DOUBLE_EQ(scale.at(10), 100);
    EXPECT_DOUBLE_EQ(scale.at(100), 200);
}

TEST(log_scale, shows_only_powers_over_many_of_them) {
    EXPECT_THAT(LogScale::around(1, 1e5, 100).ticks(), ElementsAre(1, 10, 100, 1e3, 1e4, 1e5));
}

TEST(bar_chart, has_a_bar_with_its_number_for_every_value) {
    const std::string text = svg(BarChart{.title = "all",
                                          .unit = "times",
                                          .series = {"a", "b"},
                                          .groups = {{"first", {2, 30}}, {"second", {1, 0.5}}}});
    for (const char* hint : {"first, a: 2.00 times", "first, b: 30.0 times",
                             "second, a: 1.00 times", "second, b: 0.50 times"})
        EXPECT_THAT(text, HasSubstr(hint));
    EXPECT_THAT(text, Not(HasSubstr("width=\"-")));
    EXPECT_THAT(text, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace bpftwin::bench
