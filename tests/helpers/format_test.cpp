#include "helpers/format.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

using namespace std::string_view_literals;

struct FormatCase {
    std::string_view format;
    std::uint32_t size;
    long result;
    std::string_view text;
    std::vector<std::uint64_t> args;
};

constexpr char hello_text[] = "hello";
constexpr char accented_text[] = "w\303\251";
constexpr char empty_text[] = "";
constexpr std::array<std::uint8_t, 16> address_bytes = {0xc0, 0xa8, 0, 1, 0xfe, 0x80, 0, 0,
                                                        0,    0,    0, 1, 2,    3,    4, 5};

template <class T>
std::uint64_t word(T value) {
    if constexpr (std::is_pointer_v<T>)
        return reinterpret_cast<std::uint64_t>(value);
    else
        return static_cast<std::uint64_t>(value);
}

template <class... Args>
std::vector<std::uint64_t> words(Args... args) {
    return {word(args)...};
}

std::vector<FormatCase> recorded_cases() {
    const char* const hello = hello_text;
    const char* const accented = accented_text;
    const char* const empty = empty_text;
    const std::uint8_t* const address = address_bytes.data();
    return {
#define FORMAT_CASE(format, size, result, text, ...) \
    {format, size, result, text##sv, words(__VA_ARGS__)},
#include "tests/helpers/format_cases.def"
    };
}

class printing : public testing::Test {
protected:
    printing() {
        caller.show(hello_text, sizeof hello_text);
        caller.show(accented_text, sizeof accented_text);
        caller.show(empty_text, sizeof empty_text);
        caller.show(address_bytes.data(), address_bytes.size());
    }

    /// Prints with room for everything.
    std::string text(std::string_view format, const std::vector<std::uint64_t>& args) {
        std::array<char, 2048> out{};
        const long length = print(caller.program(), format, args, out);
        return length < 0 ? "error " + std::to_string(length) : out.data();
    }

    Caller caller;
};

TEST_F(printing, prints_and_refuses_what_the_kernel_does) {
    for (const FormatCase& recorded : recorded_cases()) {
        std::vector<char> out(recorded.size + 1, '#');
        const std::string format(recorded.format);
        const std::int64_t result = caller("snprintf", out.data(), recorded.size, format.c_str(),
                                           recorded.args.data(), recorded.args.size() * 8);
        EXPECT_EQ(result, recorded.result) << recorded.format;
        EXPECT_EQ(out.back(), '#') << recorded.format << ": wrote behind the buffer";
        if (result < 0 || recorded.size == 0) continue;
        EXPECT_EQ(std::string_view(out.data(), recorded.text.size()), recorded.text)
            << recorded.format;
        EXPECT_EQ(out[recorded.text.size()], '\0') << recorded.format;
    }
}

TEST_F(printing, strings_and_addresses_share_512_bytes) {
    const std::string long_text(508, 'x');
    caller.show(long_text.c_str(), long_text.size() + 1);
    const std::uint64_t longest = word(long_text.c_str());
    const std::uint64_t two_less = longest + 2;
    EXPECT_EQ(text("%s%s", {longest, word(hello_text)}), long_text + "he");
    EXPECT_EQ(text("%s%s%d", {longest, longest, 1}), "error -28");
    EXPECT_EQ(text("%s%d", {longest, 1}), "error -28");
    EXPECT_EQ(text("%s%c%c%c%c", {longest, 'a', 'b', 'c', 'd'}), "error -28");
    EXPECT_EQ(text("%s%pI4", {longest, word(address_bytes.data())}), "error -28");
    EXPECT_EQ(text("%s%pI4", {two_less, word(address_bytes.data())}), long_text.substr(2) + "192.");
}

TEST_F(printing, hashed_pointers_are_equal_exactly_for_equal_pointers) {
    const std::string one = text("%p", {0x1000});
    EXPECT_EQ(one, text("%pK", {0x1000}));
    EXPECT_NE(one, text("%p", {0x1001}));
    EXPECT_THAT(one, testing::MatchesRegex("00000000[0-9a-f]{8}"));
}

TEST_F(printing, a_string_that_runs_into_unreadable_memory_prints_as_empty) {
    const std::array<char, 4> unterminated = {'a', 'b', 'c', 'd'};
    caller.show(unterminated.data(), unterminated.size());
    EXPECT_EQ(text("[%s]", words(unterminated.data())), "[]");
}

TEST_F(printing, user_and_kernel_strings_are_the_same_here) {
    EXPECT_EQ(text("%s %pks %pus", words(hello_text, hello_text, hello_text)), "hello hello hello");
}

TEST_F(printing, huge_widths_take_no_time) {
    std::array<char, 8> out{};
    EXPECT_EQ(print(caller.program(), "%4000000d%4000000d", words(1, 2), out), 8'000'000);
    EXPECT_STREQ(out.data(), "       ");
}

TEST(snprintf, refuses_argument_sizes_that_are_no_words_or_too_many) {
    Caller caller;
    std::array<std::uint64_t, 13> args{};
    char out[8];
    EXPECT_EQ(caller("snprintf", out, 8, "x", args.data(), 7), -EINVAL);
    EXPECT_EQ(caller("snprintf", out, 8, "x", args.data(), 13 * 8), -EINVAL);
    EXPECT_EQ(caller("snprintf", out, 8, "x", 0, 8), -EINVAL);
    EXPECT_EQ(caller("snprintf", out, 8, "x", args.data(), 12 * 8), 2);
    EXPECT_EQ(caller("snprintf", out, 8, "x", 0, 0), 2);
}

TEST(trace_printk, traces_the_bare_text_and_returns_its_length) {
    Caller caller;
    EXPECT_EQ(caller("trace_printk", "pid %d\n", 8, 42), 7);
    EXPECT_THAT(caller.effects().trace, testing::ElementsAre("pid 42\n"));
}

TEST(trace_printk, takes_three_arguments_and_no_more) {
    Caller caller;
    EXPECT_EQ(caller("trace_printk", "%d%d%d", 7, 1, 2, 3), 3);
    EXPECT_EQ(caller("trace_printk", "%d%d%d%d", 9, 1, 2, 3), -EINVAL);
    EXPECT_THAT(caller.effects().trace, testing::ElementsAre("123"));
}

TEST(trace_printk, wants_the_zero_within_the_size) {
    Caller caller;
    EXPECT_EQ(caller("trace_printk", "hello", 5), -EINVAL);
    EXPECT_EQ(caller("trace_printk", "he\0llo", 6), 2);
    EXPECT_THAT(caller.effects().trace, testing::ElementsAre("he"));
}

TEST(trace_printk, stops_a_program_that_prints_more_than_256_mib) {
    Caller caller;
    caller.effects().output_bytes = (256 << 20) - 100;
    EXPECT_EQ(caller("trace_printk", "short", 6), 5);
    EXPECT_EQ(caller.stop_reason(), "");
    caller("trace_printk", "%1023d", 7, 1);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("256 MiB"));
}

TEST(snprintf, of_no_buffer_with_a_size_stops_the_program) {
    Caller caller;
    caller("snprintf", 0, 8, "x", 0, 0);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("null pointer"));
    Caller other;
    EXPECT_EQ(other("snprintf", 0, 0, "x", 0, 0), 2);
    EXPECT_EQ(other.stop_reason(), "");
}

TEST(trace_printk, cuts_lines_at_1023_characters_and_returns_the_whole_length) {
    Caller caller;
    EXPECT_EQ(caller("trace_printk", "%2000d", 7, 1), 2000);
    EXPECT_EQ(caller.effects().trace.at(0), std::string(1023, ' '));
}

TEST(trace_vprintk, takes_up_to_twelve_arguments) {
    Caller caller;
    const std::array<std::uint64_t, 12> args = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    constexpr char format[] = "%d %d %d %d %d %d %d %d %d %d %d %d";
    EXPECT_EQ(caller("trace_vprintk", format, sizeof format, args.data(), 96), 26);
    EXPECT_EQ(caller("trace_vprintk", format, sizeof format, args.data(), 88), -EINVAL);
    EXPECT_EQ(caller("trace_vprintk", format, sizeof format, args.data(), 104), -EINVAL);
    EXPECT_THAT(caller.effects().trace, testing::ElementsAre("1 2 3 4 5 6 7 8 9 10 11 12"));
}

}  // namespace
}  // namespace bpftwin
