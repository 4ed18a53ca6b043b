// Tests in the comments of a source, as `bpftwin test` reads them.
#include "cli/test_file.h"

#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

using Strings = std::vector<std::string>;

TEST(test_file, a_test_has_what_follows_its_title) {
    const auto tests = parse_tests(
        "int x;\n"
        "//! test: drops\n"
        "//! run: --packet hex:00 --set limits 0 '{.low = 1}'\n"
        "//! expect: returned XDP_DROP\n"
        "//! expect: 1 -> 2\n"
        "//! test: passes\n"
        "    //! expect: returned XDP_PASS\n");
    ASSERT_TRUE(tests) << tests.error().message;
    ASSERT_EQ(tests->size(), 2u);
    EXPECT_EQ(tests->at(0).title, "drops");
    EXPECT_EQ(tests->at(0).line, 2u);
    EXPECT_EQ(tests->at(0).options,
              (Strings{"--packet", "hex:00", "--set", "limits", "0", "{.low = 1}"}));
    EXPECT_EQ(tests->at(0).expected, (Strings{"returned XDP_DROP", "1 -> 2"}));
    EXPECT_EQ(tests->at(1).expected, Strings{"returned XDP_PASS"});
}

TEST(test_file, what_stands_before_the_first_test_holds_for_all) {
    const auto tests = parse_tests(
        "//! covers: helper loop\n//! since: 5.17\n"
        "//! test: a\n//! expect: 1\n//! covers: map type hash\n"
        "//! test: b\n//! expect: 2\n");
    ASSERT_TRUE(tests) << tests.error().message;
    EXPECT_EQ(tests->at(0).covers, (Strings{"helper loop", "map type hash"}));
    EXPECT_EQ(tests->at(1).covers, Strings{"helper loop"});
    EXPECT_EQ(tests->at(1).since, "5.17");
}

TEST(test_file, a_known_difference_names_an_engine_also_one_with_a_colon) {
    const auto tests = parse_tests(
        "//! test: a\n//! expect: 1\n"
        "//! differs on vm:6.1: an int: no upper half\n//! differs on kernel: why\n");
    ASSERT_TRUE(tests) << tests.error().message;
    const auto& known = tests->front().differences;
    ASSERT_EQ(known.size(), 2u);
    EXPECT_EQ(known[0].engine, "vm:6.1");
    EXPECT_EQ(known[0].reason, "an int: no upper half");
    EXPECT_EQ(known[1].engine, "kernel");
}

TEST(test_file, sources_without_tests_have_none) {
    EXPECT_TRUE(parse_tests("// test: not one\nint x;")->empty());
    EXPECT_TRUE(parse_tests("")->empty());
}

TEST(test_file, mistakes_are_named_with_their_line) {
    const auto message = [](std::string_view source) {
        const auto tests = parse_tests(source);
        return tests ? "" : tests.error().message;
    };
    EXPECT_EQ(
        message("\n//! tset: x"),
        "line 2: no directive \"tset\"; there are test, run, expect, covers, since or differs "
        "on ENGINE");
    EXPECT_TRUE(message("//! test").starts_with("line 1: \"//! test\": give //! WHAT: TEXT"));
    EXPECT_TRUE(
        message("//! test: a\n//! test: b").starts_with("line 1: the test expects nothing"));
    EXPECT_EQ(message("//! test: a\n//! run: --set 'x"), "line 2: a ' without its partner");
    EXPECT_TRUE(message("//! differs on vm:6.1").starts_with("line 1: a difference needs its"));
}

TEST(test_file, words_are_split_as_by_a_shell) {
    EXPECT_EQ(*split_words("  a 'b c'd \"e'f\" '' "), (Strings{"a", "b cd", "e'f", ""}));
    EXPECT_TRUE(split_words("")->empty());
}

TEST(test_file, expected_text_is_found_as_whole_words) {
    EXPECT_TRUE(shows("  drop (xdp) returned XDP_DROP (1)", "returned XDP_DROP"));
    EXPECT_TRUE(shows("  7  ->  3", "7 -> 3"));
    EXPECT_FALSE(shows("returned 10", "returned 1"));
    EXPECT_FALSE(shows("17 -> 3", "7 -> 3"));
    EXPECT_TRUE(shows("17 -> 3, 7 -> 3", "7 -> 3"));
    EXPECT_TRUE(shows("seen = {0, -17}", "{0, -17"));
}

TEST(test_file, expected_lines_are_found_in_their_order) {
    EXPECT_EQ(missing_line("a 1\nb 2\nc 3\n", {"a 1", "c 3"}), "");
    EXPECT_EQ(missing_line("a 1\nb 2\n", {"b 2", "a 1"}), "a 1");
    EXPECT_EQ(missing_line("a 1\n", {"a 1", "a 1"}), "a 1");
}

}  // namespace
}  // namespace bpftwin::cli
