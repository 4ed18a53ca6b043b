// Socket buffer helpers; limits and errno recorded from Linux 6.18 (BPF_PROG_TEST_RUN, sched_cls).
#include <array>
#include <cerrno>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

using Four = std::array<std::uint8_t, 4>;

constexpr std::uint32_t from_mac = 0;
constexpr std::uint32_t from_net = 1;

class skb_calls : public testing::Test {
protected:
    std::int64_t load(std::uint32_t offset, std::uint32_t size = 4) {
        out = {9, 9, 9, 9};
        return caller("skb_load_bytes", caller.ctx(), offset, out.data(), size);
    }
    std::int64_t load_relative(std::uint32_t offset, std::uint32_t start) {
        out = {9, 9, 9, 9};
        return caller("skb_load_bytes_relative", caller.ctx(), offset, out.data(), 4, start);
    }
    std::int64_t store(std::uint32_t offset, std::uint64_t flags) {
        return caller("skb_store_bytes", caller.ctx(), offset, "abcd", 4, flags);
    }
    [[nodiscard]] std::uint64_t field(const char* name) { return *caller.context().value(name); }

    Caller caller{ProgType::sched_cls, counting_frame()};
    Four out{};
};

TEST_F(skb_calls, load_bytes_reads_up_to_the_end) {
    EXPECT_EQ(load(0), 0);
    EXPECT_EQ(out, (Four{0, 1, 2, 3}));
    EXPECT_EQ(load(60), 0);
    EXPECT_EQ(out, (Four{60, 61, 62, 63}));
}

TEST_F(skb_calls, load_bytes_outside_zeroes_the_buffer) {
    for (const std::uint32_t offset : {61U, 0x7fff'ffffU, 0x8000'0000U, 0xffff'fff2U}) {
        EXPECT_EQ(load(offset), -EFAULT) << offset;
        EXPECT_EQ(out, (Four{0, 0, 0, 0})) << offset;
    }
}

TEST_F(skb_calls, load_bytes_relative_counts_from_a_header) {
    EXPECT_EQ(load_relative(0, from_mac), 0);
    EXPECT_EQ(out, (Four{0, 1, 2, 3}));
    EXPECT_EQ(load_relative(0, from_net), 0);
    EXPECT_EQ(out, (Four{0x45, 15, 16, 17}));
    EXPECT_EQ(load_relative(46, from_net), 0);
    EXPECT_EQ(out, (Four{60, 61, 62, 63}));
}

TEST_F(skb_calls, load_bytes_relative_outside_or_from_elsewhere_zeroes_the_buffer) {
    EXPECT_EQ(load_relative(47, from_net), -EFAULT);
    EXPECT_EQ(out, (Four{0, 0, 0, 0}));
    EXPECT_EQ(load_relative(0, 2), -EFAULT);
    EXPECT_EQ(out, (Four{0, 0, 0, 0}));
    EXPECT_EQ(load_relative(0x10000, from_mac), -EFAULT);
}

TEST(skb_load_bytes_relative, finds_the_mac_header_that_a_socket_filter_does_not_see) {
    Caller caller(ProgType::socket_filter, counting_frame());
    Four out{};
    ASSERT_EQ(caller("skb_load_bytes", caller.ctx(), 0, out.data(), 4), 0);
    EXPECT_EQ(out, (Four{0x45, 15, 16, 17}));
    ASSERT_EQ(caller("skb_load_bytes_relative", caller.ctx(), 0, out.data(), 4, from_mac), 0);
    EXPECT_EQ(out, (Four{0, 1, 2, 3}));
    ASSERT_EQ(caller("skb_load_bytes_relative", caller.ctx(), 0, out.data(), 4, from_net), 0);
    EXPECT_EQ(out, (Four{0x45, 15, 16, 17}));
}

TEST_F(skb_calls, store_bytes_writes_within_the_packet) {
    EXPECT_EQ(store(0, 0), 0);
    EXPECT_EQ(caller.packet_byte(0), 'a');
    EXPECT_EQ(store(60, 1), 0);
    EXPECT_EQ(caller.packet_byte(63), 'd');
    EXPECT_EQ(store(61, 2), -EFAULT);
    EXPECT_EQ(store(0x8000'0000, 0), -EFAULT);
    EXPECT_EQ(store(0, 4), -EINVAL);
}

TEST_F(skb_calls, store_bytes_forgets_the_hash_when_asked) {
    caller("set_hash", caller.ctx(), 0x1234);
    ASSERT_EQ(store(0, 1), 0);
    EXPECT_EQ(field("hash"), 0x1234U);
    ASSERT_EQ(store(0, 2), 0);
    EXPECT_EQ(field("hash"), 0U);
}

TEST_F(skb_calls, pull_data_wants_what_the_packet_has) {
    EXPECT_EQ(caller("skb_pull_data", caller.ctx(), 0), 0);
    EXPECT_EQ(caller("skb_pull_data", caller.ctx(), 64), 0);
    EXPECT_EQ(caller("skb_pull_data", caller.ctx(), 65), -ENOMEM);
}

TEST_F(skb_calls, change_tail_keeps_the_ethernet_header) {
    EXPECT_EQ(caller("skb_change_tail", caller.ctx(), 13, 0), -EINVAL);
    EXPECT_EQ(caller("skb_change_tail", caller.ctx(), 14, 0), 0);
    EXPECT_EQ(field("len"), 14U);
}

TEST_F(skb_calls, change_tail_grows_with_zeros_to_16064_bytes) {
    EXPECT_EQ(caller("skb_change_tail", caller.ctx(), 16065, 0), -EINVAL);
    EXPECT_EQ(caller("skb_change_tail", caller.ctx(), 64, 1), -EINVAL);
    EXPECT_EQ(caller("skb_change_tail", caller.ctx(), 16064, 0), 0);
    EXPECT_EQ(field("len"), 16064U);
    EXPECT_EQ(caller.packet_byte(63), 63);
    EXPECT_EQ(caller.packet_byte(64), 0);
    EXPECT_EQ(caller.packet_byte(16063), 0);
}

TEST_F(skb_calls, change_head_puts_zeros_in_front_and_moves_the_mac_header_there) {
    ASSERT_EQ(caller("skb_change_head", caller.ctx(), 4, 0), 0);
    EXPECT_EQ(field("len"), 68U);
    EXPECT_EQ(caller.packet_byte(3), 0);
    EXPECT_EQ(caller.packet_byte(5), 1);
    EXPECT_EQ(load_relative(0, from_mac), 0);
    EXPECT_EQ(out, (Four{0, 0, 0, 0}));
    EXPECT_EQ(load_relative(0, from_net), 0);
    EXPECT_EQ(out, (Four{0x45, 15, 16, 17}));
}

TEST_F(skb_calls, change_head_refuses_flags_and_sizes_out_of_range) {
    EXPECT_EQ(caller("skb_change_head", caller.ctx(), 1, 1), -EINVAL);
    EXPECT_EQ(caller("skb_change_head", caller.ctx(), 16001, 0), -EINVAL);
    EXPECT_EQ(caller("skb_change_head", caller.ctx(), -1, 0), -EINVAL);
    EXPECT_EQ(caller("skb_change_head", caller.ctx(), -65, 0), -EINVAL);
    EXPECT_EQ(caller("skb_change_head", caller.ctx(), 0, 0), 0);
    EXPECT_EQ(field("len"), 64U);
}

TEST_F(skb_calls, change_head_grows_to_the_longest_packet) {
    EXPECT_EQ(caller("skb_change_head", caller.ctx(), 16000, 0), 0);
    EXPECT_EQ(field("len"), 16064U);
}

TEST_F(skb_calls, the_hash_of_a_flow_is_its_own_and_stays) {
    const std::int64_t hash = caller("get_hash_recalc", caller.ctx());
    EXPECT_NE(hash, 0);
    EXPECT_EQ(field("hash"), static_cast<std::uint64_t>(hash));
    caller("skb_store_bytes", caller.ctx(), 50, "data", 4, 2);
    EXPECT_EQ(caller("get_hash_recalc", caller.ctx()), hash) << "only the payload changed";
    caller("skb_store_bytes", caller.ctx(), 34, "port", 4, 2);
    EXPECT_NE(caller("get_hash_recalc", caller.ctx()), hash);
}

TEST_F(skb_calls, a_hash_that_was_set_is_the_hash_until_it_is_invalid) {
    EXPECT_EQ(caller("set_hash", caller.ctx(), 0x1234), 0);
    EXPECT_EQ(caller("get_hash_recalc", caller.ctx()), 0x1234);
    caller("set_hash_invalid", caller.ctx());
    EXPECT_EQ(field("hash"), 0U);
    EXPECT_NE(caller("get_hash_recalc", caller.ctx()), 0x1234);
}

TEST_F(skb_calls, zero_can_be_chosen_as_a_hash) {
    EXPECT_EQ(caller("set_hash", caller.ctx(), 0), 0);
    EXPECT_EQ(caller("get_hash_recalc", caller.ctx()), 0);
    caller("set_hash_invalid", caller.ctx());
    EXPECT_NE(caller("get_hash_recalc", caller.ctx()), 0);
}

}  // namespace
}  // namespace bpftwin
