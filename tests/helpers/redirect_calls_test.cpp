// Redirect helpers; verdicts recorded from Linux 6.18.
#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/helpers/calling.h"
#include "tests/helpers/maps.h"

namespace bpftwin {
namespace {

constexpr std::int64_t tc_shot = 2;
constexpr std::int64_t tc_redirect = 7;
constexpr std::int64_t xdp_aborted = 0;
constexpr std::int64_t xdp_redirect = 4;

class tc_redirects : public testing::Test {
protected:
    Caller caller{ProgType::sched_cls, counting_frame()};
};

TEST_F(tc_redirects, redirect_knows_the_ingress_flag_only) {
    EXPECT_EQ(caller("redirect", 3, 2), tc_shot);
    EXPECT_EQ(caller("redirect", 3, std::uint64_t{1} << 32), tc_shot);
    EXPECT_FALSE(caller.effects().redirect);
    EXPECT_EQ(caller("redirect", 3, 1), tc_redirect);
    const Redirect expected{
        .kind = Redirect::Kind::device, .ifindex = 3, .map = {}, .key = 0, .flags = 1};
    EXPECT_EQ(caller.effects().redirect, expected);
}

TEST_F(tc_redirects, redirect_peer_takes_no_flags) {
    EXPECT_EQ(caller("redirect_peer", 3, 1), tc_shot);
    EXPECT_EQ(caller("redirect_peer", 3, 0), tc_redirect);
    EXPECT_EQ(caller.effects().redirect->kind, Redirect::Kind::peer);
    EXPECT_EQ(caller.effects().redirect->ifindex, 3U);
}

TEST_F(tc_redirects, redirect_neigh_takes_whole_parameters_or_none) {
    const std::array<std::byte, 20> params{};
    EXPECT_EQ(caller("redirect_neigh", 3, params.data(), 19, 0), tc_shot);
    EXPECT_EQ(caller("redirect_neigh", 3, 0, 0, 1), tc_shot);
    EXPECT_EQ(caller("redirect_neigh", 3, params.data(), 20, 0), tc_redirect);
    EXPECT_EQ(caller("redirect_neigh", 3, 0, 0, 0), tc_redirect);
    EXPECT_EQ(caller.effects().redirect->kind, Redirect::Kind::neighbour);
}

class xdp_redirects : public testing::Test {
protected:
    xdp_redirects() {
        const std::uint32_t key = 1;
        const std::uint32_t ifindex = 7;
        const auto bytes = [](const std::uint32_t& word) {
            const auto* begin = reinterpret_cast<const std::byte*>(&word);
            return Bytes(begin, begin + sizeof word);
        };
        if (!devices->update(bytes(key), {bytes(ifindex)}, 0)) bug("devmap refuses a device");
    }

    std::int64_t redirect_map(std::uint64_t key, std::uint64_t flags) {
        return caller("redirect_map", devices.get(), key, flags);
    }

    std::unique_ptr<Map> devices = make_map(MapType::devmap, 4, 4, 4);
    Caller caller{ProgType::xdp, counting_frame()};
};

TEST_F(xdp_redirects, redirect_takes_no_flags) {
    EXPECT_EQ(caller("redirect", 3, 1), xdp_aborted);
    EXPECT_EQ(caller("redirect", 3, 0), xdp_redirect);
    EXPECT_EQ(caller.effects().redirect->ifindex, 3U);
}

TEST_F(xdp_redirects, redirect_map_finds_the_device_of_the_key) {
    EXPECT_EQ(redirect_map(1, 2), xdp_redirect);
    const Redirect expected{
        .kind = Redirect::Kind::map, .ifindex = 7, .map = "a_devmap", .key = 1, .flags = 2};
    EXPECT_EQ(caller.effects().redirect, expected);
}

TEST_F(xdp_redirects, redirect_map_returns_the_low_bits_for_an_empty_slot) {
    EXPECT_EQ(redirect_map(0, 0), 0);
    EXPECT_EQ(redirect_map(0, 2), 2);
    EXPECT_EQ(redirect_map(0, 3), 3);
    EXPECT_EQ(redirect_map(99, 1), 1);
    EXPECT_FALSE(caller.effects().redirect);
}

TEST_F(xdp_redirects, redirect_map_forgets_an_earlier_redirect_when_the_slot_is_empty) {
    redirect_map(1, 0);
    EXPECT_EQ(redirect_map(0, 2), 2);
    EXPECT_FALSE(caller.effects().redirect);
}

TEST_F(xdp_redirects, redirect_map_knows_broadcast_and_exclude_ingress) {
    EXPECT_EQ(redirect_map(0, 4), xdp_aborted);
    EXPECT_EQ(redirect_map(1, 0x20), xdp_aborted);
    EXPECT_EQ(redirect_map(0, 0x13), 3);
    EXPECT_EQ(redirect_map(0, 8), xdp_redirect);
    EXPECT_EQ(redirect_map(0, 0x1b), xdp_redirect);
    EXPECT_EQ(caller.effects().redirect->flags, 0x1bU);
}

TEST_F(xdp_redirects, redirect_map_looks_at_32_bits_of_the_key) {
    EXPECT_EQ(redirect_map(0x1'0000'0001, 0), xdp_redirect);
    EXPECT_EQ(redirect_map(0x1'0000'0000, 1), 1);
}

TEST_F(xdp_redirects, only_devices_can_be_broadcast_to) {
    const auto cpus = make_map(MapType::cpumap, 4, 4, 2);
    EXPECT_EQ(caller("redirect_map", cpus.get(), 0, 8), xdp_aborted);
    EXPECT_EQ(caller("redirect_map", cpus.get(), 0, 2), 2);
}

TEST_F(xdp_redirects, a_map_without_targets_stops_the_program) {
    const auto array = make_map(MapType::array, 4, 4, 1);
    caller("redirect_map", array.get(), 0, 0);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("no redirect targets"));
}

}  // namespace
}  // namespace bpftwin
