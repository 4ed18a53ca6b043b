// A unit test of firewall.bpf.c: no root, no kernel, no network device.
#include <algorithm>

#include "bpftwin/bpftwin.h"
#include "gtest/gtest.h"

using namespace bpftwin;

TEST(firewall, drops_and_counts_packets_of_a_blocked_source) {
    const auto object = load_elf_file(FIREWALL_OBJECT);
    ASSERT_TRUE(object) << object.error().message;
    const auto instance = make_interpreter()->instantiate(*object, {}).value();

    const Bytes source = {std::byte{192}, std::byte{0}, std::byte{2}, std::byte{1}};
    RunInput input;
    input.packet = Bytes(34);
    input.packet->at(12) = std::byte{0x08};  // ETH_P_IP
    std::ranges::copy(source, &input.packet->at(26));
    EXPECT_EQ(instance->run("firewall", input)->return_value, 2u);  // XDP_PASS

    MapView& blocked = *instance->map("blocked");
    ASSERT_TRUE(blocked.update(source, {Bytes(8)}, 0));
    EXPECT_EQ(instance->run("firewall", input)->return_value, 1u);  // XDP_DROP
    EXPECT_EQ(blocked.lookup(source)->front().front(), std::byte{1});
}
