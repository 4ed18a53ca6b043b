// Frames over a socket.
#include "kernel-backend/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

namespace bpftwin::kernel {
namespace {

struct Ends {
    Channel channel;
    int other;
};

Ends ends() {
    std::array<int, 2> sockets{-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
    return {Channel(sockets[0]), sockets[1]};
}

Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::milliseconds(50); }

TEST(channel, a_frame_larger_than_any_buffer_arrives) {
    auto [channel, other] = ends();
    const Bytes frame(3'000'000, std::byte{7});
    std::thread sender([&, number = other] { EXPECT_TRUE(Channel(number).send(frame)); });
    EXPECT_EQ(channel.receive(), frame);
    sender.join();
}

TEST(channel, an_empty_frame_is_a_frame) {
    auto [channel, other] = ends();
    Channel peer(other);
    ASSERT_TRUE(peer.send({}));
    EXPECT_EQ(channel.receive(), Bytes{});
}

TEST(channel, silence_ends_at_the_deadline) {
    auto [channel, other] = ends();
    const auto frame = channel.receive(soon());
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, ETIMEDOUT);
    close(other);
}

TEST(channel, a_peer_that_does_not_read_ends_at_the_deadline) {
    auto [channel, other] = ends();
    const auto sent = channel.send(Bytes(10'000'000), soon());
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ETIMEDOUT);
    close(other);
}

TEST(channel, a_closed_end_is_an_error_and_no_signal) {
    auto [channel, other] = ends();
    close(other);
    EXPECT_EQ(channel.send(Bytes(1)).error().code, EPIPE);
    EXPECT_EQ(channel.receive().error().code, EPIPE);
}

TEST(channel, a_length_out_of_bounds_is_refused_on_both_sides) {
    auto [channel, other] = ends();
    EXPECT_EQ(channel.send(Bytes(std::size_t{longest_frame} + 1)).error().code, E2BIG);
    ASSERT_EQ(write(other, "\xff\xff\xff\xff", 4), 4);
    EXPECT_EQ(channel.receive(soon()).error().code, EBADMSG);
    close(other);
}

}  // namespace
}  // namespace bpftwin::kernel
