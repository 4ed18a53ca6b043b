// A unit test of rate_limit.bpf.c by its skeleton: the object is part of this executable, and its
// maps, constants and variables have their own types.
#include "bpftwin/bpftwin.h"
#include "gtest/gtest.h"
#include "rate_limit.skel.h"

using namespace bpftwin;
using rate_limit_types::flow;

namespace {

constexpr std::uint64_t xdp_drop = 1, xdp_pass = 2;

/// An IPv4 packet of 34 bytes: UDP from 192.0.2.1.
RunInput udp_packet() {
    RunInput input;
    Bytes& packet = input.packet.emplace(34);
    packet[12] = std::byte{0x08};  // ETH_P_IP
    packet[23] = std::byte{17};    // IPPROTO_UDP
    packet[26] = std::byte{192};
    packet[28] = std::byte{2};
    packet[29] = std::byte{1};
    return input;
}

constexpr flow udp_flow = {.source = 0x010200c0, .protocol = 17};

TEST(rate_limit, drops_what_is_above_the_limit) {
    rate_limit skel = rate_limit::open().value();
    skel.rodata().limit = 2;
    ASSERT_TRUE(skel.load(*make_interpreter()));

    const auto program = skel.programs().rate_limit;
    EXPECT_EQ(program.run(udp_packet())->return_value, xdp_pass);
    EXPECT_EQ(program.run(udp_packet())->return_value, xdp_pass);
    EXPECT_EQ(program.run(udp_packet())->return_value, xdp_drop);
    EXPECT_EQ(skel.bss().dropped, 1u);
    EXPECT_EQ(skel.maps().flows.lookup(udp_flow)->bytes, 68u);
}

TEST(rate_limit, flows_are_told_apart_by_protocol) {
    rate_limit skel = rate_limit::open().value();
    ASSERT_TRUE(skel.load(*make_interpreter()));
    flow tcp_flow = udp_flow;
    tcp_flow.protocol = 6;
    ASSERT_TRUE(skel.maps().flows.update(tcp_flow, {.packets = 1000, .bytes = 0}));

    EXPECT_EQ(skel.programs().rate_limit.run(udp_packet())->return_value, xdp_pass);
    const auto entries = skel.maps().flows.entries().value();
    EXPECT_EQ(entries.size(), 2u);
    for (const auto& [key, usage] : entries)
        EXPECT_EQ(usage.packets, key.protocol == 17 ? 1u : 1000u);
}

TEST(rate_limit, constants_stay_as_they_were_loaded) {
    rate_limit skel = rate_limit::open().value();
    ASSERT_TRUE(skel.load(*make_interpreter()));
    EXPECT_EQ(skel.rodata().limit, 1000u);
    EXPECT_FALSE(skel.rodata().limit.write(1));
}

}  // namespace
