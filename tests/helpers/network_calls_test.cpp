// Helpers on the simulated network and its sockets, where cases in tests/semantics cannot look.
#include <array>
#include <cerrno>
#include <cstring>

#include "gtest/gtest.h"
#include "tests/helpers/calling.h"
#include "vm/sockets.h"

namespace bpftwin {
namespace {

IpAddress ipv4(std::uint8_t last) {
    IpAddress address;
    address.bytes = {std::byte{192}, std::byte{0}, std::byte{2}, std::byte{last}};
    return address;
}

World world_with(Network network) {
    World world = World::fixed();
    world.network = std::make_shared<const Network>(std::move(network));
    return world;
}

World world_with_socket() {
    Network network = Network::loopback();
    network.sockets.push_back({.name = "web", .state = tcp_state::listen, .local_port = 80});
    return world_with(std::move(network));
}

TEST(network_calls, what_is_no_socket_stops_the_program) {
    for (const char* helper : {"sk_release", "sk_fullsock", "tcp_sock", "get_listener_sock"}) {
        Caller caller(ProgType::sched_cls, counting_frame());
        caller(helper, std::uint64_t{0x1234});
        EXPECT_EQ(caller.stop_reason(), "0x1234 is no socket of the world") << helper;
    }
}

TEST(network_calls, a_socket_is_released_once) {
    Caller caller(ProgType::xdp, counting_frame(), world_with_socket());
    const std::array<std::uint8_t, 12> tuple = {1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 80};
    const auto found = caller("sk_lookup_tcp", caller.ctx(), tuple.data(), tuple.size(),
                              ~std::uint64_t{0}, std::uint64_t{0});
    ASSERT_NE(found, 0);
    caller("sk_release", static_cast<std::uint64_t>(found));
    EXPECT_EQ(caller.stop_reason(), "");
    caller("sk_release", static_cast<std::uint64_t>(found));
    EXPECT_EQ(caller.stop_reason(), "the program holds no reference to that socket");
}

TEST(network_calls, programs_may_read_a_socket_but_not_write_it) {
    Caller caller(ProgType::sched_cls, counting_frame(), world_with_socket());
    const std::uint64_t own = caller.context().sockets()->own().address();
    EXPECT_EQ(caller.context().value("sk"), own);
    EXPECT_TRUE(caller.program().memory().allows(own, sizeof(bpf_sock), false));
    EXPECT_FALSE(caller.program().memory().allows(own, 4, true));
    EXPECT_FALSE(caller.program().memory().allows(own, sizeof(bpf_sock) + 1, false));
}

TEST(network_calls, a_packet_shows_the_tunnel_it_came_through) {
    Network network = Network::loopback();
    network.tunnel = TunnelKey{.id = 7, .source = ipv4(1), .destination = ipv4(2), .ttl = 64};
    Caller caller(ProgType::sched_cls, counting_frame(), world_with(std::move(network)));
    std::array<std::uint32_t, 11> key{};
    EXPECT_EQ(caller("skb_get_tunnel_key", caller.ctx(), key.data(), sizeof key, 0), 0);
    EXPECT_EQ(key[0], 7U);
    EXPECT_EQ(key[1], 0xc0000201);
    // Options can only be put to a tunnel that the program chose.
    EXPECT_EQ(caller("skb_set_tunnel_opt", caller.ctx(), key.data(), 4), -EINVAL);
}

TEST(network_calls, devices_that_are_down_take_no_copies) {
    Network network = Network::loopback();
    network.interfaces.push_back({.index = 2, .name = "off", .up = false});
    Caller caller(ProgType::sched_cls, counting_frame(), world_with(std::move(network)));
    EXPECT_EQ(caller("clone_redirect", caller.ctx(), 2, 0), 2);
    EXPECT_EQ(caller("clone_redirect", caller.ctx(), 2, 1), 1);
    EXPECT_TRUE(caller.effects().clones.empty());
    EXPECT_EQ(caller("clone_redirect", caller.ctx(), 1, 0), 0);
    ASSERT_EQ(caller.effects().clones.size(), 1U);
    EXPECT_EQ(caller.effects().clones[0].packet.size(), 64U);
}

TEST(network_calls, headers_grow_until_no_room_is_left) {
    Bytes frame(60);
    frame[12] = std::byte{8};
    frame[14] = std::byte{0x45};
    Caller caller(ProgType::sched_cls, frame);
    long error = 0;
    for (int i = 0; i < 100 && error == 0; ++i)
        error = caller("skb_adjust_room", caller.ctx(), 1000, 1, 0);
    EXPECT_EQ(error, -524);
    EXPECT_EQ(caller.packet().size(), 16060U);
}

TEST(network_calls, runs_find_sockets_as_they_were) {
    Caller caller(ProgType::cgroup_sockopt);
    LiveSocket& own = caller.context().sockets()->own();
    const int mark = 7;
    EXPECT_EQ(caller("setsockopt", own.address(), 1, 36, &mark, sizeof mark), 0);
    EXPECT_EQ(own.seen.mark, 7U);
    caller.context().restart(caller.program().memory());
    EXPECT_EQ(own.seen.mark, 0U);
}

}  // namespace
}  // namespace bpftwin
