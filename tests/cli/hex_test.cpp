#include "cli/hex.h"

#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

Bytes bytes(std::initializer_list<int> values) {
    Bytes result;
    for (int value : values) result.push_back(static_cast<std::byte>(value));
    return result;
}

TEST(hex, reads_pairs_with_any_separator) {
    EXPECT_EQ(parse_hex("00ff1A").value(), bytes({0x00, 0xff, 0x1a}));
    EXPECT_EQ(parse_hex("00 ff:1a-2b_3c\n4d").value(), bytes({0x00, 0xff, 0x1a, 0x2b, 0x3c, 0x4d}));
    EXPECT_EQ(parse_hex("").value(), Bytes());
}

TEST(hex, names_the_digit_that_is_wrong) {
    EXPECT_EQ(parse_hex("00zz").error().message, "'z' at 2 is not a hex digit");
    EXPECT_EQ(parse_hex("001").error().message, "the hex digit at 2 lacks its second half");
    EXPECT_EQ(parse_hex("0 0").error().message, "the hex digit at 0 lacks its second half");
}

TEST(integer, reads_every_base_and_sign) {
    EXPECT_EQ(parse_integer("42").value(), 42u);
    EXPECT_EQ(parse_integer("0x2A").value(), 42u);
    EXPECT_EQ(parse_integer("0b101").value(), 5u);
    EXPECT_EQ(parse_integer("-1").value(), ~std::uint64_t{0});
    EXPECT_EQ(parse_integer("18446744073709551615").value(), ~std::uint64_t{0});
}

TEST(integer, refuses_what_is_none) {
    for (const char* text : {"", "-", "0x", "1x", "--1", "1.5", " 1", "+1"}) {
        EXPECT_FALSE(parse_integer(text)) << text;
    }
    EXPECT_EQ(parse_integer("18446744073709551616").error().message,
              "'18446744073709551616' does not fit into 64 bits");
    EXPECT_FALSE(parse_integer("-9223372036854775809"));
}

TEST(integer, as_bytes_is_little_endian_and_fits) {
    EXPECT_EQ(integer_bytes("258", 2).value(), bytes({2, 1}));
    EXPECT_EQ(integer_bytes("-1", 4).value(), bytes({0xff, 0xff, 0xff, 0xff}));
    EXPECT_EQ(integer_bytes("-128", 1).value(), bytes({0x80}));
    EXPECT_EQ(integer_bytes("256", 1).error().message, "256 does not fit into 1 byte");
    EXPECT_EQ(integer_bytes("-129", 1).error().message, "-129 does not fit into 1 byte");
}

TEST(hex, dump_shows_offset_bytes_and_characters) {
    auto text = std::string("Hello, eBPF! \x01\x02\x03-");
    EXPECT_EQ(hex_dump(std::as_bytes(std::span(text)), "  "),
              "  0000  48 65 6c 6c 6f 2c 20 65 42 50 46 21 20 01 02 03  Hello, eBPF! ...\n"
              "  0010  2d                                               -\n");
}

TEST(text, indents_every_line) {
    EXPECT_EQ(indented("a\nb", "> "), "> a\n> b\n");
    EXPECT_EQ(indented("a\n", "> "), "> a\n");
    EXPECT_EQ(indented("", "> "), "");
}

TEST(bytes, come_from_hex_text_or_a_file) {
    EXPECT_EQ(read_bytes("hex:0102").value(), bytes({1, 2}));
    EXPECT_EQ(read_bytes("/nonexistent/file").error().message,
              "cannot read /nonexistent/file: No such file or directory");
    EXPECT_FALSE(read_bytes("/"));
}

}  // namespace
}  // namespace bpftwin::cli
