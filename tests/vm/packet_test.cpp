#include "vm/packet.h"

#include <algorithm>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin {
namespace {

using testing::Each;
using testing::ElementsAreArray;

std::unique_ptr<Packet> make_packet() {
    Result<std::unique_ptr<Packet>> packet = Packet::create();
    EXPECT_TRUE(packet) << packet.error().message;
    return std::move(*packet);
}

Bytes counting(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
    return bytes;
}

std::byte* at(std::uint32_t address) {
    return reinterpret_cast<std::byte*>(static_cast<std::uint64_t>(address));
}

TEST(packet, reset_places_the_bytes_after_the_head_room) {
    const auto packet = make_packet();
    const Bytes bytes = counting(100);
    packet->reset(bytes);
    EXPECT_EQ(packet->data(), packet->buffer_begin() + Packet::head_room);
    EXPECT_EQ(packet->meta(), packet->data());
    EXPECT_EQ(packet->link_header(), packet->data());
    EXPECT_EQ(packet->size(), 100u);
    EXPECT_THAT(packet->bytes(), ElementsAreArray(bytes));
}

TEST(packet, whole_buffer_is_writable_memory) {
    const auto packet = make_packet();
    std::fill(at(packet->buffer_begin()), at(packet->buffer_end() - 1) + 1, std::byte{7});
    EXPECT_EQ(*at(packet->buffer_end() - 1), std::byte{7});
}

TEST(packet, reset_clears_the_head_room_and_earlier_bounds) {
    const auto packet = make_packet();
    packet->reset(counting(60));
    std::fill_n(at(packet->buffer_begin()), Packet::head_room, std::byte{9});
    packet->move(packet->data() - 12, packet->data() - 4, packet->data_end() - 10);
    packet->reset(counting(20));
    EXPECT_EQ(packet->size(), 20u);
    EXPECT_EQ(packet->meta(), packet->data());
    const ByteView head(at(packet->buffer_begin()), Packet::head_room);
    EXPECT_THAT(head, Each(std::byte{0}));
}

TEST(packet, frame_ends_where_the_kernels_page_does_or_behind_a_longer_packet) {
    const auto packet = make_packet();
    packet->reset(counting(60));
    EXPECT_EQ(packet->frame_end() - packet->buffer_begin(), 3776u);
    packet->reset(counting(9000));
    EXPECT_EQ(packet->frame_end(), packet->data_end());
}

TEST(packet, longest_packet_fits) {
    const auto packet = make_packet();
    packet->reset(counting(Packet::max_size));
    EXPECT_EQ(packet->size(), Packet::max_size);
    EXPECT_EQ(packet->buffer_end() - packet->data_end(), Packet::tail_room);
}

TEST(packet, buffers_living_at_once_do_not_overlap) {
    std::vector<std::unique_ptr<Packet>> packets;
    for (int i = 0; i < 40; ++i) packets.push_back(make_packet());
    std::ranges::sort(packets, {}, [](const auto& packet) { return packet->buffer_begin(); });
    for (std::size_t i = 1; i < packets.size(); ++i)
        EXPECT_LE(packets[i - 1]->buffer_end(), packets[i]->buffer_begin());
}

TEST(packet, a_released_buffer_can_be_mapped_again) {
    for (int i = 0; i < 2000; ++i) ASSERT_NE(make_packet()->buffer_begin(), 0u);
}

TEST(packet_death, bounds_outside_the_buffer_are_a_bug) {
    const auto packet = make_packet();
    packet->reset(counting(20));
    const std::uint32_t data = packet->data();
    EXPECT_DEATH(packet->move(data, data, packet->buffer_end() + 1), "outside the buffer");
    EXPECT_DEATH(packet->move(data + 1, data, data), "outside the buffer");
}

}  // namespace
}  // namespace bpftwin
