#include "helpers/segment_routing.h"

#include <cerrno>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

constexpr unsigned ethernet = 14;
enum : std::uint32_t { outside, inside };  // BPF_LWT_ENCAP_SEG6 and following.

/// An Ethernet frame with an IPv6 header: class, label and limit are not 0, nothing follows.
Bytes ipv6_frame() {
    Bytes frame(ethernet + 40);
    const auto put = [&](std::size_t at, unsigned value) {
        frame[at] = static_cast<std::byte>(value);
    };
    put(12, 0x86), put(13, 0xdd);
    put(ethernet, 0x61), put(ethernet + 3, 7), put(ethernet + 6, 59), put(ethernet + 7, 33);
    put(ethernet + 39, 10);
    return frame;
}

/// A header of two segments that end in 1 and 2.
Bytes segments() {
    Bytes header(40);
    header[1] = header[2] = std::byte{4};
    header[3] = header[4] = std::byte{1};
    header[8 + 15] = std::byte{1};
    header[24 + 15] = std::byte{2};
    return header;
}

Bytes changed(std::size_t at, unsigned value) {
    Bytes header = segments();
    header[at] = static_cast<std::byte>(value);
    return header;
}

TEST(segment_header, is_in_order_by_its_sizes) {
    EXPECT_TRUE(is_segment_header(segments(), false));
    EXPECT_FALSE(is_segment_header(ByteView(segments()).first(7), false));
    EXPECT_FALSE(is_segment_header(ByteView(segments()).first(32), false));
    EXPECT_FALSE(is_segment_header(changed(1, 3), false));
    EXPECT_FALSE(is_segment_header(changed(2, 3), false)) << "another type of routing header";
    EXPECT_FALSE(is_segment_header(changed(4, 2), false)) << "more segments than there is room";
    EXPECT_FALSE(is_segment_header(changed(3, 3), true));
}

TEST(segment_header, that_is_reduced_has_left_out_a_segment) {
    EXPECT_FALSE(is_segment_header(changed(3, 2), false));
    EXPECT_TRUE(is_segment_header(changed(3, 2), true));
}

TEST(segment_header, is_filled_by_its_values) {
    Bytes header = segments();
    header.resize(48);
    header[1] = std::byte{5};
    header[41] = std::byte{6};
    EXPECT_TRUE(is_segment_header(header, false));
    for (const unsigned size : {5U, 7U}) {
        header[41] = static_cast<std::byte>(size);
        EXPECT_FALSE(is_segment_header(header, false)) << size;
    }
}

class segment_push : public testing::Test {
protected:
    std::int64_t push(std::uint32_t how, const Bytes& header) {
        return caller("lwt_push_encap", caller.ctx(), how, header.data(), header.size());
    }
    /// A byte of what the program sees.
    [[nodiscard]] unsigned byte(std::size_t at) const { return caller.packet_byte(at); }

    Caller caller{ProgType::lwt_in, ipv6_frame()};
};

// The world has no route to anywhere, which is looked for last.
TEST_F(segment_push, inside_exchanges_the_destination_for_the_last_segment) {
    EXPECT_EQ(push(inside, segments()), -ENETUNREACH);
    EXPECT_EQ(caller.packet().size(), 80U);
    EXPECT_EQ(byte(5), 40U);
    EXPECT_EQ(byte(6), 43U);
    EXPECT_EQ(byte(39), 2U);
    EXPECT_EQ(byte(40), 59U);
    EXPECT_EQ(byte(40 + 8 + 15), 10U) << "the old destination is the first segment";
    EXPECT_FALSE(caller.packet().skb().encapsulated);
}

TEST_F(segment_push, outside_makes_a_header_with_class_label_and_limit_of_the_inner_one) {
    EXPECT_EQ(push(outside, segments()), -ENETUNREACH);
    EXPECT_EQ(caller.packet().size(), 120U);
    EXPECT_EQ(byte(0), 0x61U);
    EXPECT_EQ(byte(3), 7U);
    EXPECT_EQ(byte(5), 80U);
    EXPECT_EQ(byte(6), 43U);
    EXPECT_EQ(byte(7), 33U);
    EXPECT_EQ(byte(39), 2U);
    EXPECT_EQ(byte(40), 41U);
    EXPECT_EQ(byte(80 + 39), 10U);
    EXPECT_TRUE(caller.packet().skb().encapsulated);
}

TEST_F(segment_push, refuses_headers_that_are_not_in_order) {
    EXPECT_EQ(push(inside, changed(3, 2)), -EINVAL);
    EXPECT_EQ(caller.packet().size(), 40U);
}

TEST_F(segment_push, has_no_keys_to_sign_with) {
    constexpr unsigned wants_it = 8;
    EXPECT_EQ(push(inside, changed(5, wants_it)), -EINVAL) << "no room for a signature";
    Bytes header = changed(5, wants_it);
    header.resize(80);
    header[1] = std::byte{9};
    header[40] = std::byte{5};
    header[41] = std::byte{38};
    EXPECT_EQ(push(inside, header), -ENOENT);
}

TEST(segment_push_ipv4, goes_outside_only) {
    Caller caller(ProgType::lwt_in, counting_frame());
    const Bytes header = segments();
    EXPECT_EQ(caller("lwt_push_encap", caller.ctx(), inside, header.data(), header.size()),
              -EBADMSG);
    EXPECT_EQ(caller("lwt_push_encap", caller.ctx(), outside, header.data(), header.size()),
              -ENETUNREACH);
    EXPECT_EQ(caller.packet_byte(0), 0x60);
    EXPECT_EQ(caller.packet_byte(7), 64);
}

}  // namespace
}  // namespace bpftwin
