// bpf_strtol, bpf_strtoul, bpf_strncmp; the tables were recorded from Linux 6.18.
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

struct NumberCase {
    std::string_view text;
    std::uint64_t flags;
    std::int64_t result;
    std::int64_t value;
};

const std::vector<NumberCase> signed_cases = {
    {"123", 0, 3, 123},
    {"-123", 0, 4, -123},
    {" \t42", 0, 4, 42},
    {"\xa0"
     "7",
     0, 2, 7},
    {"12abc", 0, 2, 12},
    {"5\n", 0, 1, 5},
    {"-0", 0, 2, 0},
    {"0", 0, 1, 0},
    {"00", 0, 2, 0},
    {"010", 0, 3, 8},
    {"08", 0, 1, 0},
    {"0x1f", 0, 4, 31},
    {"0X1Fg", 0, 4, 31},
    {"-0x10", 0, 5, -16},
    {"0x", 0, 1, 0},
    {"0xg", 0, 1, 0},
    {"ff", 16, 2, 255},
    {"0xff", 16, 4, 255},
    {"0x", 16, -EINVAL, 0},
    {"77", 8, 2, 63},
    {"0x7", 8, 1, 0},
    {"12", 10, 2, 12},
    {"0x12", 10, 1, 0},
    {"12", 2, -EINVAL, 0},
    {"12", 7, -EINVAL, 0},
    {"12", 17, -EINVAL, 0},
    {"12", 32, -EINVAL, 0},
    {"12", 42, -EINVAL, 0},
    {"+5", 0, -EINVAL, 0},
    {std::string_view("\0", 1), 0, -EINVAL, 0},
    {"-", 0, -EINVAL, 0},
    {" ", 0, -EINVAL, 0},
    {"    -  5", 0, -EINVAL, 0},
    {"abc", 0, -EINVAL, 0},
    {"ffff", 0, -EINVAL, 0},
    {"9223372036854775807", 0, 19, largest},
    {"9223372036854775808", 0, -ERANGE, 0},
    {"-9223372036854775808", 0, 20, smallest},
    {"-9223372036854775809", 0, -ERANGE, 0},
    {"18446744073709551615", 0, -ERANGE, 0},
    {"1234567890123456789012345678901234567890123456789012345678901234567890", 0, -ERANGE, 0},
    {"0000000000000000000000000000000000000000000000000000000000000000000001", 0, 63, 0},
};

const std::vector<NumberCase> unsigned_cases = {
    {"123", 0, 3, 123},
    {" \t42", 0, 4, 42},
    {"0x1f", 0, 4, 31},
    {"18446744073709551615", 0, 20, -1},
    {"18446744073709551616", 0, -ERANGE, 0},
    {"9223372036854775808", 0, 19, smallest},
    {"-123", 0, -EINVAL, 0},
    {"-0", 0, -EINVAL, 0},
    {"", 0, -EINVAL, 0},
    {"+5", 0, -EINVAL, 0},
    {"1z", 36, -EINVAL, 0},
};

void expect_all(std::string_view helper, const std::vector<NumberCase>& cases) {
    Caller caller;
    for (const NumberCase& recorded : cases) {
        std::int64_t value = 77;
        EXPECT_EQ(
            caller(helper, recorded.text.data(), recorded.text.size(), recorded.flags, &value),
            recorded.result)
            << recorded.text << " base " << recorded.flags;
        EXPECT_EQ(value, recorded.value) << recorded.text << " base " << recorded.flags;
    }
}

TEST(strtol, parses_as_the_kernel_does) { expect_all("strtol", signed_cases); }

TEST(strtoul, parses_as_the_kernel_does) { expect_all("strtoul", unsigned_cases); }

TEST(strtol, reads_no_further_than_the_size) {
    Caller caller;
    std::int64_t value = 0;
    EXPECT_EQ(caller("strtol", "12345", 2, 0, &value), 2);
    EXPECT_EQ(value, 12);
}

TEST(strtol, stores_the_result_at_any_address) {
    Caller caller;
    std::array<char, 9> result{};
    EXPECT_EQ(caller("strtol", "-2", 2, 0, result.data() + 1), 2);
    std::int64_t value = 0;
    std::memcpy(&value, result.data() + 1, sizeof value);
    EXPECT_EQ(value, -2);
}

TEST(strncmp, tells_the_order_by_minus_one_zero_one) {
    Caller caller;
    EXPECT_EQ(caller("strncmp", "hello", 5, "hello"), 0);
    EXPECT_EQ(caller("strncmp", "hello", 6, "hello"), 0);
    EXPECT_EQ(static_cast<int>(caller("strncmp", "hellp", 6, "hello")), 1);
    EXPECT_EQ(static_cast<int>(caller("strncmp", "Hello", 1, "hello")), -1);
    EXPECT_EQ(static_cast<int>(caller("strncmp", "hell", 5, "hello")), -1);
}

TEST(strncmp, compares_bytes_without_sign) {
    Caller caller;
    EXPECT_EQ(caller("strncmp", "\xe8", 1, "hello"), 1);
}

TEST(strncmp, returns_a_negative_number_in_all_64_bits) {
    Caller caller;
    EXPECT_EQ(caller("strncmp", "a", 1, "b"), -1);
}

}  // namespace
}  // namespace bpftwin
