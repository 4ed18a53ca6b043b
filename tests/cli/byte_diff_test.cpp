#include "cli/byte_diff.h"

#include "cli/hex.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

std::string diff(std::string_view before, std::string_view after) {
    return byte_diff(parse_hex(before).value(), parse_hex(after).value(), "", {});
}

TEST(diff, of_equal_bytes_is_empty) { EXPECT_EQ(diff("0102", "0102"), ""); }

TEST(diff, shows_only_rows_that_differ) {
    std::string row = "000102030405060708090a0b0c0d0e0f";
    EXPECT_EQ(diff(row + "41", row + "42"),
              "- 0010  41                                               A\n"
              "+ 0010  42                                               B\n");
}

TEST(diff, finds_what_was_inserted) {
    EXPECT_EQ(diff("010203", "01414203"),
              "- 0001  02                                               .\n"
              "+ 0001  41 42                                            AB\n");
    EXPECT_EQ(diff("010203", "0102414203"),
              "+ 0002  41 42                                            AB\n");
}

TEST(diff, finds_what_was_removed) {
    EXPECT_EQ(diff("41420102", "0102"),
              "- 0000  41 42                                            AB\n");
    EXPECT_EQ(diff("4141", "41"), "- 0001  41                                               A\n");
    EXPECT_EQ(diff("41", ""), "- 0000  41                                               A\n");
}

TEST(diff, is_coloured_on_request) {
    EXPECT_EQ(byte_diff(parse_hex("41").value(), {}, "", {true}),
              "\033[31m- 0000  41                                               A\033[0m\n");
}

}  // namespace
}  // namespace bpftwin::cli
