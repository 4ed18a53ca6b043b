// Reads of memory that may not exist; results recorded from Linux 6.18 on x86-64.
#include "helpers/probe.h"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t unmapped_kernel_address = 0xffff'8000'0000'0000;
constexpr std::uint64_t non_canonical_address = 0x8000'0000'0000'0000;

class probe_read : public testing::Test {
protected:
    probe_read() {
        caller.show(source.data(), source.size());
        out.fill('#');
    }

    std::string_view written(std::size_t size) { return {out.data(), size}; }

    std::string source = std::string("abcdef\0", 7) + std::string(93, 'x');  // Ends unterminated.
    std::array<char, 128> out;
    Caller caller;
};

TEST_F(probe_read, copies) {
    for (const char* helper : {"probe_read", "probe_read_user", "probe_read_kernel"}) {
        out.fill('#');
        EXPECT_EQ(caller(helper, out.data(), 4, source.data()), 0) << helper;
        EXPECT_EQ(written(5), "abcd#") << helper;
    }
}

TEST_F(probe_read, zeroes_the_destination_of_a_read_that_fails_halfway) {
    const char* last = source.data() + source.size() - 2;
    EXPECT_EQ(caller("probe_read_user", out.data(), 4, last), -EFAULT);
    EXPECT_EQ(written(5), std::string_view("\0\0\0\0#", 5));
}

TEST_F(probe_read, of_nothing_looks_at_the_address) {
    const auto result = [&](const char* helper, std::uint64_t address) {
        return caller(helper, out.data(), 0, address);
    };
    EXPECT_EQ(result("probe_read_kernel", 16), -ERANGE);
    EXPECT_EQ(result("probe_read_kernel", unmapped_kernel_address), 0);
    EXPECT_EQ(result("probe_read", 16), 0);
    EXPECT_EQ(result("probe_read", non_canonical_address), -ERANGE);
    EXPECT_EQ(caller("probe_read_kernel", out.data(), 0, source.data()), 0);
}

TEST_F(probe_read, errors_depend_on_whose_address_it_is) {
    const auto result = [&](const char* helper, std::uint64_t address) {
        return caller(helper, out.data(), 4, address);
    };
    EXPECT_EQ(result("probe_read_user", 16), -EFAULT);
    EXPECT_EQ(result("probe_read_user", unmapped_kernel_address), -EFAULT);
    EXPECT_EQ(result("probe_read_kernel", 16), -ERANGE);
    EXPECT_EQ(result("probe_read_kernel", non_canonical_address), -ERANGE);
    EXPECT_EQ(result("probe_read_kernel", unmapped_kernel_address), -EFAULT);
    EXPECT_EQ(result("probe_read", 16), -EFAULT);
    EXPECT_EQ(result("probe_read", non_canonical_address), -ERANGE);
    EXPECT_EQ(result("probe_read", unmapped_kernel_address), -EFAULT);
    EXPECT_EQ(result("probe_read_user_str", 16), -EFAULT);
    EXPECT_EQ(result("probe_read_kernel_str", 16), -ERANGE);
    EXPECT_EQ(result("probe_read_str", 16), -EFAULT);
}

TEST_F(probe_read, strings_return_their_length_with_the_zero) {
    for (const char* helper : {"probe_read_str", "probe_read_user_str", "probe_read_kernel_str"}) {
        EXPECT_EQ(caller(helper, out.data(), 12, source.data()), 7) << helper;
        EXPECT_EQ(written(7), std::string_view("abcdef\0", 7)) << helper;
    }
}

TEST_F(probe_read, strings_are_cut_to_the_size_with_a_zero) {
    EXPECT_EQ(caller("probe_read_kernel_str", out.data(), 4, source.data()), 4);
    EXPECT_EQ(written(5), std::string_view("abc\0#", 5));
    EXPECT_EQ(caller("probe_read_kernel_str", out.data(), 1, source.data()), 1);
    EXPECT_EQ(out[0], '\0');
    EXPECT_EQ(caller("probe_read_user_str", out.data(), 8, source.data() + 92), 8);
    EXPECT_EQ(written(8), std::string_view("xxxxxxx\0", 8));
}

TEST_F(probe_read, an_empty_string_takes_one_byte) {
    EXPECT_EQ(caller("probe_read_kernel_str", out.data(), 4, source.data() + 6), 1);
    EXPECT_EQ(written(2), std::string_view("\0#", 2));
    EXPECT_EQ(caller("probe_read_user_str", out.data(), 4, source.data() + 6), 1);
    EXPECT_EQ(written(2), std::string_view("\0#", 2));
}

TEST_F(probe_read, a_string_without_end_in_readable_memory_is_an_error) {
    EXPECT_EQ(caller("probe_read_user_str", out.data(), 12, source.data() + 92), -EFAULT);
    EXPECT_EQ(written(13), std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0#", 13));
}

TEST_F(probe_read, user_strings_zero_the_rest_of_their_last_word_but_kernel_strings_do_not) {
    EXPECT_EQ(caller("probe_read_user_str", out.data(), 12, source.data()), 7);
    EXPECT_EQ(written(9), std::string_view("abcdef\0\0#", 9));
    out.fill('#');
    EXPECT_EQ(caller("probe_read_kernel_str", out.data(), 12, source.data()), 7);
    EXPECT_EQ(written(8), std::string_view("abcdef\0#", 8));
}

TEST_F(probe_read, no_bytes_touch_nothing) {
    EXPECT_EQ(caller("probe_read_user", out.data(), 0, 16), 0);
    EXPECT_EQ(caller("probe_read_user_str", out.data(), 0, 16), 0);
    EXPECT_EQ(caller("probe_read_kernel_str", out.data(), 0, 16), 0);
    EXPECT_EQ(out[0], '#');
}

TEST_F(probe_read, long_strings_cross_the_pieces_they_are_copied_in) {
    std::string text(200, 'y');
    caller.show(text.c_str(), text.size() + 1);
    std::array<char, 256> copy{};
    EXPECT_EQ(caller("probe_read_kernel_str", copy.data(), 256, text.c_str()), 201);
    EXPECT_EQ(text, copy.data());
}

}  // namespace
}  // namespace bpftwin
