// Checksum helpers; every result recorded from Linux 6.18.
#include <array>
#include <cerrno>
#include <cstdint>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

constexpr std::uint32_t field_offset = 24;

/// A packet whose checksum field holds the two bytes of `start`.
struct ReplaceCase {
    std::uint64_t from;
    std::uint64_t to;
    std::uint64_t flags;
    std::uint16_t start;
    std::int64_t result;
    std::uint16_t end;
};

constexpr std::uint64_t diff = 0;
constexpr std::uint64_t two = 2;
constexpr std::uint64_t four = 4;
constexpr std::uint64_t pseudo = 0x10;
constexpr std::uint64_t mangled_0 = 0x20;
constexpr std::uint64_t enforce = 0x40;
constexpr std::uint64_t ipv6 = 0x80;

/// What both helpers do alike.
const std::vector<ReplaceCase> common_cases = {
    {0, 0, diff, 0x1819, 0, 0x1819},
    {0, 0, diff, 0x0000, 0, 0x0000},
    {0, 0, diff, 0xffff, 0, 0x0000},
    {1, 2, diff, 0x1819, -EINVAL, 0x1819},
    {0, 0x1234, diff, 0x1819, 0, 0xe406},
    {0, 0x1234, diff, 0x0000, 0, 0xcbed},
    {0, 0x1234, diff, 0xffff, 0, 0xcbed},
    {0, 0x12345678, diff, 0x1819, 0, 0x6bb0},
    {0, 0x12345678, diff, 0x0000, 0, 0x5397},
    {0x1234, 0x5678, two, 0x1819, 0, 0xd3d4},
    {0x1234, 0x5678, two, 0x0000, 0, 0xbbbb},
    {0x1234, 0x5678, two, 0xffff, 0, 0xbbbb},
    {0x1122'3344'1234, 0x9999'5678, two, 0x1819, 0, 0xd3d4},
    {0x12345678, 0x9abcdef0, four, 0x1819, 0, 0x1708},
    {0x12345678, 0x9abcdef0, four, 0x0000, 0, 0xfeee},
    {0x12345678, 0x9abcdef0, four, 0xffff, 0, 0xfeee},
    {0x12345678, 0x9abcdef0, 1, 0x1819, -EINVAL, 0x1819},
    {0x12345678, 0x9abcdef0, 3, 0x1819, -EINVAL, 0x1819},
    {0x12345678, 0x9abcdef0, 8, 0x1819, -EINVAL, 0x1819},
};

const std::vector<ReplaceCase> l3_cases = {
    {1, 2, two | pseudo, 0x1819, -EINVAL, 0x1819},
};

const std::vector<ReplaceCase> l4_cases = {
    {0x1234, 0x5678, two | pseudo, 0x1819, 0, 0xd3d4},
    {0x12345678, 0x9abcdef0, four | pseudo, 0x1819, 0, 0x1708},
    {0, 0x9abcdef0, diff | pseudo, 0x1819, 0, 0x6a9f},
    {0, 0x9abcdef0, diff | pseudo, 0x0000, 0, 0x5286},
    {0, 0x9abcdef0, diff | pseudo | ipv6, 0xffff, 0, 0x5286},
    {0x12345678, 0x9abcdef0, four | mangled_0, 0x1819, 0, 0x1708},
    {0x12345678, 0x9abcdef0, four | mangled_0, 0x0000, 0, 0x0000},
    {0x12345678, 0x9abcdef0, four | mangled_0, 0xffff, 0, 0xfeee},
    {0x12345678, 0x9abcdef0, four | mangled_0 | enforce, 0x0000, 0, 0xfeee},
    {0, 0, diff | mangled_0, 0xffff, 0, 0xffff},
    {0x12345678, 0x9abcdef0, four | ipv6, 0x1819, 0, 0x1708},
    {0x12345678, 0x9abcdef0, four | 0x100, 0x1819, -EINVAL, 0x1819},
};

class checksum_calls : public testing::Test {
protected:
    static Bytes frame_with(std::uint16_t checksum) {
        Bytes frame = counting_frame();
        frame[field_offset] = static_cast<std::byte>(checksum >> 8);
        frame[field_offset + 1] = static_cast<std::byte>(checksum & 0xff);
        return frame;
    }
    static void expect_all(const char* helper, const std::vector<ReplaceCase>& cases) {
        for (const ReplaceCase& recorded : cases) {
            Caller caller(ProgType::sched_cls, frame_with(recorded.start));
            const auto result = caller(helper, caller.ctx(), field_offset, recorded.from,
                                       recorded.to, recorded.flags);
            const int end =
                caller.packet_byte(field_offset) << 8 | caller.packet_byte(field_offset + 1);
            EXPECT_EQ(result, recorded.result) << describe(helper, recorded);
            EXPECT_EQ(end, recorded.end) << describe(helper, recorded);
        }
    }
    static std::string describe(const char* helper, const ReplaceCase& recorded) {
        std::ostringstream text;
        text << std::hex << helper << " from " << recorded.from << " to " << recorded.to
             << " flags " << recorded.flags << " at " << recorded.start;
        return text.str();
    }
};

TEST_F(checksum_calls, l3_csum_replace_gives_the_kernels_checksums) {
    expect_all("l3_csum_replace", common_cases);
    expect_all("l3_csum_replace", l3_cases);
}

TEST_F(checksum_calls, l4_csum_replace_gives_the_kernels_checksums) {
    expect_all("l4_csum_replace", common_cases);
    expect_all("l4_csum_replace", l4_cases);
}

TEST_F(checksum_calls, replacing_wants_an_even_offset_in_the_packet) {
    for (const char* helper : {"l3_csum_replace", "l4_csum_replace"}) {
        Caller caller(ProgType::sched_cls, counting_frame());
        for (const std::uint32_t offset : {25U, 63U, 64U, 66U, 0xfffeU, 0x10000U})
            EXPECT_EQ(caller(helper, caller.ctx(), offset, 1, 2, two), -EFAULT) << offset;
        EXPECT_EQ(caller(helper, caller.ctx(), 62, 1, 2, two), 0);
    }
}

struct DiffCase {
    std::uint32_t from_size;
    std::uint32_t to_size;
    std::uint32_t seed;
    std::int64_t result;
};

TEST(csum_diff, folds_to_16_bits_and_takes_any_size) {
    std::array<std::uint8_t, 512> from{};
    std::array<std::uint8_t, 512> to{};
    for (unsigned i = 0; i < 512; ++i) {
        from[i] = static_cast<std::uint8_t>(i * 7 + 1);
        to[i] = static_cast<std::uint8_t>(i * 13 + 5);
    }
    const std::vector<DiffCase> recorded = {
        {0, 0, 0, 0},
        {0, 0, 0x12345, 0x2346},
        {4, 0, 0, 0xe1ef},
        {0, 4, 0, 0x3e24},
        {4, 4, 0, 0x2014},
        {8, 4, 0xffff'ffff, 0xc9cb},
        {3, 4, 0, 0x3614},
        {4, 2, 0, 0xf3f4},
        {512, 0, 0, 0x7f80},
        {512, 512, 0, 0xffff},
        {256, 256, 7, 7},
        {260, 256, 7, 0xe1f6},
        {0, 512, 0xffff, 0x807f},
        {0, 20, 0, 0x4ac9},
    };
    Caller caller(ProgType::sched_cls, counting_frame());
    for (const DiffCase& c : recorded)
        EXPECT_EQ(caller("csum_diff", from.data(), c.from_size, to.data(), c.to_size, c.seed),
                  c.result)
            << c.from_size << " " << c.to_size << " " << c.seed;
}

TEST(csum_diff, of_ones_is_the_zero_that_the_kernel_picks) {
    std::array<std::uint8_t, 8> ones;
    ones.fill(0xff);
    Caller caller(ProgType::sched_cls, counting_frame());
    EXPECT_EQ(caller("csum_diff", 0, 0, ones.data(), 8, 0), 0xffff);
    EXPECT_EQ(caller("csum_diff", ones.data(), 8, ones.data(), 8, 0), 0xffff);
    EXPECT_EQ(caller("csum_diff", ones.data(), 8, 0, 0, 0), 0);
}

TEST(csum_diff, of_a_null_pointer_with_a_size_stops_the_program) {
    Caller caller(ProgType::sched_cls, counting_frame());
    caller("csum_diff", 0, 4, 0, 0, 0);
    EXPECT_NE(caller.stop_reason().find("null pointer"), std::string::npos);
}

TEST(csum_update, has_no_hardware_checksum_to_update) {
    Caller caller(ProgType::sched_cls, counting_frame());
    EXPECT_EQ(caller("csum_update", caller.ctx(), 3), enotsupp_result);
}

}  // namespace
}  // namespace bpftwin
