// XDP packet helpers; limits and errno recorded from Linux 6.18 (BPF_PROG_TEST_RUN).
#include <array>
#include <cerrno>
#include <cstring>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

class xdp_calls : public testing::Test {
protected:
    std::int64_t adjust(const char* helper, int delta) {
        return caller(helper, caller.ctx(), delta);
    }

    [[nodiscard]] std::uint64_t field(const char* name) { return *caller.context().value(name); }

    Caller caller{ProgType::xdp, counting_frame()};
};

TEST_F(xdp_calls, adjust_head_moves_the_start_within_216_bytes_of_head_room) {
    EXPECT_EQ(adjust("xdp_adjust_head", -217), -EINVAL);
    EXPECT_EQ(caller.packet().size(), 64U);
    EXPECT_EQ(adjust("xdp_adjust_head", -216), 0);
    EXPECT_EQ(caller.packet().size(), 280U);
    EXPECT_EQ(caller.packet_byte(216 + 1), 1);
}

TEST_F(xdp_calls, adjust_head_leaves_an_ethernet_header) {
    EXPECT_EQ(adjust("xdp_adjust_head", 51), -EINVAL);
    EXPECT_EQ(adjust("xdp_adjust_head", 50), 0);
    EXPECT_EQ(caller.packet().size(), 14U);
    EXPECT_EQ(caller.packet_byte(0), 50);
}

TEST_F(xdp_calls, adjust_head_takes_the_metadata_along) {
    ASSERT_EQ(adjust("xdp_adjust_meta", -8), 0);
    std::memcpy(reinterpret_cast<void*>(field("data_meta")), "metadata", 8);
    EXPECT_EQ(adjust("xdp_adjust_head", -209), -EINVAL);
    EXPECT_EQ(adjust("xdp_adjust_head", -208), 0);
    EXPECT_EQ(std::memcmp(reinterpret_cast<void*>(field("data_meta")), "metadata", 8), 0);
    EXPECT_EQ(field("data") - field("data_meta"), 8U);
    EXPECT_EQ(adjust("xdp_adjust_head", 258), 0);
    EXPECT_EQ(std::memcmp(reinterpret_cast<void*>(field("data_meta")), "metadata", 8), 0);
    EXPECT_EQ(caller.packet().size(), 14U);
}

TEST_F(xdp_calls, adjustments_show_in_the_context_and_in_the_memory_that_may_be_touched) {
    const std::uint64_t old_data = field("data");
    ASSERT_EQ(adjust("xdp_adjust_head", 4), 0);
    EXPECT_EQ(field("data"), old_data + 4);
    EXPECT_EQ(field("data_end"), old_data + 64);
    EXPECT_FALSE(caller.program().memory().allows(old_data, 4, false));
    EXPECT_TRUE(caller.program().memory().allows(old_data + 4, 60, true));
}

TEST_F(xdp_calls, adjust_tail_grows_with_zeros_to_3520_bytes) {
    EXPECT_EQ(adjust("xdp_adjust_tail", 3457), -EINVAL);
    EXPECT_EQ(adjust("xdp_adjust_tail", 3456), 0);
    EXPECT_EQ(caller.packet().size(), 3520U);
    EXPECT_EQ(caller.packet_byte(63), 63);
    EXPECT_EQ(caller.packet_byte(64), 0);
    EXPECT_EQ(caller.packet_byte(3519), 0);
    EXPECT_EQ(adjust("xdp_adjust_tail", 1), -EINVAL);
}

TEST_F(xdp_calls, adjust_tail_zeroes_what_it_gives_back) {
    ASSERT_EQ(adjust("xdp_adjust_tail", -10), 0);
    ASSERT_EQ(adjust("xdp_adjust_tail", 10), 0);
    EXPECT_EQ(caller.packet_byte(53), 53);
    EXPECT_EQ(caller.packet_byte(54), 0);
}

TEST_F(xdp_calls, adjust_tail_leaves_an_ethernet_header) {
    EXPECT_EQ(adjust("xdp_adjust_tail", -51), -EINVAL);
    EXPECT_EQ(adjust("xdp_adjust_tail", -50), 0);
    EXPECT_EQ(caller.packet().size(), 14U);
}

TEST_F(xdp_calls, adjust_meta_wants_words_within_the_head_room) {
    EXPECT_EQ(adjust("xdp_adjust_meta", 4), -EINVAL);
    EXPECT_EQ(adjust("xdp_adjust_meta", -3), -EACCES);
    EXPECT_EQ(adjust("xdp_adjust_meta", -220), -EINVAL);
    EXPECT_EQ(adjust("xdp_adjust_meta", -256), -EINVAL);
    EXPECT_EQ(adjust("xdp_adjust_meta", 0), 0);
    EXPECT_EQ(adjust("xdp_adjust_meta", -216), 0);
    EXPECT_EQ(field("data") - field("data_meta"), 216U);
    EXPECT_EQ(adjust("xdp_adjust_meta", 216), 0);
    EXPECT_EQ(field("data"), field("data_meta"));
}

TEST_F(xdp_calls, adjust_meta_allows_252_bytes_where_there_is_room) {
    ASSERT_EQ(adjust("xdp_adjust_head", 50), 0);
    EXPECT_EQ(adjust("xdp_adjust_meta", -256), -EACCES);
    EXPECT_EQ(adjust("xdp_adjust_meta", -252), 0);
}

TEST_F(xdp_calls, buff_len_is_the_packets) {
    EXPECT_EQ(caller("xdp_get_buff_len", caller.ctx()), 64);
    adjust("xdp_adjust_tail", -4);
    EXPECT_EQ(caller("xdp_get_buff_len", caller.ctx()), 60);
}

TEST_F(xdp_calls, load_bytes_tells_far_from_just_outside_and_leaves_the_buffer_alone) {
    std::array<std::uint8_t, 4> out = {9, 9, 9, 9};
    const auto load = [&](std::uint32_t offset, std::uint32_t size) {
        return caller("xdp_load_bytes", caller.ctx(), offset, out.data(), size);
    };
    EXPECT_EQ(load(61, 4), -EINVAL);
    EXPECT_EQ(load(0xffff, 4), -EINVAL);
    EXPECT_EQ(load(0x10000, 4), -EFAULT);
    EXPECT_EQ(load(0xffff'ffff, 4), -EFAULT);
    EXPECT_EQ(load(0, 0x10000), -EFAULT);
    EXPECT_EQ(out, (std::array<std::uint8_t, 4>{9, 9, 9, 9}));
    EXPECT_EQ(load(60, 4), 0);
    EXPECT_EQ(out, (std::array<std::uint8_t, 4>{60, 61, 62, 63}));
}

TEST_F(xdp_calls, store_bytes_writes_within_the_packet) {
    const auto store = [&](std::uint32_t offset) {
        return caller("xdp_store_bytes", caller.ctx(), offset, "abcd", 4);
    };
    EXPECT_EQ(store(61), -EINVAL);
    EXPECT_EQ(store(0x10000), -EFAULT);
    EXPECT_EQ(caller.packet_byte(63), 63);
    EXPECT_EQ(store(60), 0);
    EXPECT_EQ(caller.packet_byte(60), 'a');
    EXPECT_EQ(caller.packet_byte(63), 'd');
}

TEST(packet_calls, stop_a_program_whose_type_has_no_packet) {
    Caller caller(ProgType::kprobe);
    EXPECT_EQ(caller("xdp_adjust_head", caller.ctx(), 0), 0);
    EXPECT_NE(caller.stop_reason().find("kprobe"), std::string::npos) << caller.stop_reason();
}

}  // namespace
}  // namespace bpftwin
