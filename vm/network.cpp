// What every network has where the world does not say otherwise.
#include "bpftwin/network.h"

namespace bpftwin {
namespace {

IpAddress ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    IpAddress address;
    address.bytes = {std::byte{a}, std::byte{b}, std::byte{c}, std::byte{d}};
    return address;
}

IpAddress ipv6_loopback() {
    IpAddress address{.ipv6 = true};
    address.bytes[15] = std::byte{1};
    return address;
}

Network make_loopback() {
    constexpr std::uint32_t local_table = 255;
    Network network;
    network.interfaces.push_back({.index = 1,
                                  .name = "lo",
                                  .mtu = 65536,
                                  .forwarding_ipv4 = false,
                                  .forwarding_ipv6 = false,
                                  .addresses = {ipv4(127, 0, 0, 1), ipv6_loopback()}});
    network.routes.push_back({.destination = ipv4(127, 0, 0, 0),
                              .length = 8,
                              .type = RouteType::local,
                              .table = local_table,
                              .interface = 1});
    network.routes.push_back({.destination = ipv6_loopback(),
                              .length = 128,
                              .type = RouteType::local,
                              .table = local_table,
                              .interface = 1});
    return network;
}

}  // namespace

const Network& Network::loopback() {
    static const Network network = make_loopback();
    return network;
}

std::string_view name_of(RouteType type) {
    switch (type) {
        case RouteType::unicast: return "unicast";
        case RouteType::local: return "local";
        case RouteType::broadcast: return "broadcast";
        case RouteType::multicast: return "multicast";
        case RouteType::blackhole: return "blackhole";
        case RouteType::unreachable: return "unreachable";
        case RouteType::prohibit: return "prohibit";
        case RouteType::throw_: return "throw";
    }
    bug("RouteType");
}

}  // namespace bpftwin
