// Forwarding: which device and neighbour a packet would go to, and whether it fits
// (net/core/filter.c bpf_ipv4_fib_lookup, bpf_ipv6_fib_lookup, bpf_skb_check_mtu, …), in the
// network of the run's world.
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <expected>

#include "helpers/calls.h"
#include "helpers/network.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"
#include "vm/test_run.h"

namespace bpftwin::calls {
namespace {

/// struct bpf_fib_lookup of 6.18; unions named for what stands there at the end.
struct Lookup {
    std::uint8_t family;
    std::uint8_t protocol;
    std::uint16_t source_port;
    std::uint16_t destination_port;
    std::uint16_t length;  ///< Of the packet; then the MTU.
    std::uint32_t ifindex;
    std::uint32_t metric;  ///< At first `tos` or `flowinfo`.
    std::array<std::byte, 16> source;
    std::array<std::byte, 16> destination;
    std::uint16_t vlan_protocol;  ///< With the control information at first the table.
    std::uint16_t vlan_control;
    MacAddress smac;  ///< At first the mark.
    MacAddress dmac;
};
static_assert(sizeof(Lookup) == 64 && offsetof(Lookup, vlan_protocol) == 48);

namespace lookup_flag {  // BPF_FIB_LOOKUP_*.
constexpr std::uint32_t direct = 1;
constexpr std::uint32_t output = 2;
constexpr std::uint32_t skip_neighbour = 4;
constexpr std::uint32_t table = 8;
constexpr std::uint32_t source = 16;
constexpr std::uint32_t mark = 32;
constexpr std::uint32_t all = direct | output | skip_neighbour | table | source | mark;
}  // namespace lookup_flag

enum Answer : std::uint8_t {  // BPF_FIB_LKUP_RET_*.
    success,
    blackhole,
    unreachable,
    prohibit,
    not_forwarded,
    forwarding_disabled,
    unsupported_tunnel,
    no_neighbour,
    too_long,
    no_source_address,
};

/// Where a packet goes, and what it fits into.
struct Hop {
    const Route& route;
    const Interface& device;
    std::uint32_t mtu;
};

std::uint32_t load_u32(const void* from) {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

IpAddress address_of(const std::array<std::byte, 16>& bytes, bool ipv6) {
    IpAddress address{.ipv6 = ipv6};
    std::copy_n(bytes.begin(), ipv6 ? 16 : 4, address.bytes.begin());
    return address;
}

void store_address(std::array<std::byte, 16>& to, const IpAddress& address) {
    std::copy_n(address.bytes.begin(), address.ipv6 ? 16 : 4, to.begin());
}

/// Addresses that are never forwarded (rt6_need_strict): multicast, link-local, loopback.
bool stays_on_link(const std::array<std::byte, 16>& address) {
    const bool multicast = address[0] == std::byte{0xff};
    const bool link_local =
        address[0] == std::byte{0xfe} && (address[1] & std::byte{0xc0}) == std::byte{0x80};
    std::array<std::byte, 16> loopback{};
    loopback[15] = std::byte{1};
    return multicast || link_local || address == loopback;
}

/// One lookup, in one family.
class Forwarding {
public:
    Forwarding(const Network& network, Lookup& params, std::uint32_t flags, bool check_length)
        : network_(network),
          params_(params),
          flags_(flags),
          check_length_(check_length),
          ipv6_(params.family == AF_INET6) {}

    long run() {
        if (ipv6_ && (stays_on_link(params_.destination) || stays_on_link(params_.source)))
            return not_forwarded;
        const Interface* in = interface_of(network_, params_.ifindex);
        if (!in) return -ENODEV;
        if (!(ipv6_ ? in->forwarding_ipv6 : in->forwarding_ipv4)) return forwarding_disabled;
        const auto hop = next_hop(*in);
        return hop ? follow(*hop) : hop.error();
    }

private:
    [[nodiscard]] bool has(std::uint32_t flag) const { return (flags_ & flag) != 0; }

    std::expected<Hop, long> next_hop(const Interface& in) {
        const auto table = chosen_table(in);
        if (table && !has_table(network_, *table)) return std::unexpected(not_forwarded);
        const Route* route =
            route_to(network_, {.destination = address_of(params_.destination, ipv6_),
                                .out_interface = has(lookup_flag::output) ? params_.ifindex : 0,
                                .mark = !table && has(lookup_flag::mark) ? mark() : 0,
                                .table = table});
        if (!route) return std::unexpected(not_forwarded);
        if (const Answer answer = answer_of(route->type); answer != success)
            return std::unexpected(answer);
        const Interface* out = interface_of(network_, route->interface);
        if (!out) return std::unexpected(not_forwarded);
        return Hop{*route, *out, route->mtu != 0 ? route->mtu : out->mtu};
    }

    /// The one table to look into, or none for all that the rules name.
    std::optional<std::uint32_t> chosen_table(const Interface& in) {
        constexpr std::uint32_t main = 254;
        if (!has(lookup_flag::direct)) return std::nullopt;
        if (has(lookup_flag::table)) {
            const std::uint32_t table = load_u32(&params_.vlan_protocol);
            params_.vlan_protocol = params_.vlan_control = 0;
            return table;
        }
        return in.table != 0 ? in.table : main;
    }

    [[nodiscard]] std::uint32_t mark() const { return load_u32(params_.smac.data()); }

    static Answer answer_of(RouteType type) {
        switch (type) {
            case RouteType::unicast: return success;
            case RouteType::blackhole: return blackhole;
            case RouteType::unreachable: return unreachable;
            case RouteType::prohibit: return prohibit;
            case RouteType::local:
            case RouteType::broadcast:
            case RouteType::multicast:
            case RouteType::throw_: return not_forwarded;
        }
        bug("RouteType");
    }

    long follow(const Hop& hop) {
        if (check_length_ && params_.length > hop.mtu) {
            params_.length = static_cast<std::uint16_t>(hop.mtu);
            return too_long;
        }
        if (hop.route.encapsulated) return unsupported_tunnel;
        // IPv6 replaces the address before the device's number, IPv4 after: no one can tell.
        params_.metric = hop.route.metric;
        params_.ifindex = hop.device.index;
        if (has(lookup_flag::source) && !store_source(hop)) return no_source_address;
        if (hop.route.gateway) {
            if (hop.route.gateway->ipv6) params_.family = AF_INET6;
            store_address(params_.destination, *hop.route.gateway);
        }
        if (!has(lookup_flag::skip_neighbour) && !store_neighbour(hop)) return no_neighbour;
        params_.vlan_protocol = params_.vlan_control = 0;
        if (check_length_) params_.length = static_cast<std::uint16_t>(hop.mtu);
        return success;
    }

    /// The address that the device would send from. IPv4 has 0 where there is none.
    bool store_source(const Hop& hop) {
        const IpAddress* chosen = hop.route.source ? &*hop.route.source : nullptr;
        for (const IpAddress& address : hop.device.addresses)
            if (!chosen && address.ipv6 == ipv6_) chosen = &address;
        if (!chosen && ipv6_) return false;
        store_address(params_.source, chosen ? *chosen : IpAddress{});
        return true;
    }

    bool store_neighbour(const Hop& hop) {
        const bool ipv6 = params_.family == AF_INET6;
        const Neighbour* neighbour =
            neighbour_of(network_, hop.device.index, address_of(params_.destination, ipv6));
        if (!neighbour) return false;
        params_.dmac = neighbour->mac;
        params_.smac = hop.device.mac;
        return true;
    }

    const Network& network_;
    Lookup& params_;
    std::uint32_t flags_;
    bool check_length_;
    bool ipv6_;
};

/// Whether the device takes a socket buffer of that size (is_skb_forwardable).
bool takes(const Interface& device, std::uint32_t size, bool gso) {
    constexpr std::uint32_t headers = ethernet_header_size + 4;  // One with a VLAN tag.
    return device.up && (size <= device.mtu + headers || gso);
}

bool is_gso(Runtime& runtime) { return runtime.context().value("gso_size").value_or(0) != 0; }

/// The device that the packet is on, or the one that was named.
const Interface* device_of(Runtime& runtime, std::uint32_t ifindex) {
    const bool xdp = runtime.program().type == ProgType::xdp;
    const auto own = runtime.context().value(xdp ? "ingress_ifindex" : "ifindex").value_or(0);
    return interface_of(network_of(runtime),
                        ifindex != 0 ? ifindex : static_cast<std::uint32_t>(own));
}

}  // namespace

long fib_lookup(Runtime& runtime, Packet& packet, void* memory, int size, std::uint32_t flags) {
    if (size < static_cast<int>(sizeof(Lookup)) || (flags & ~lookup_flag::all) != 0) return -EINVAL;
    Lookup params{};
    std::memcpy(&params, memory, sizeof params);
    if (params.family != AF_INET && params.family != AF_INET6) return -EAFNOSUPPORT;
    const bool xdp = runtime.program().type == ProgType::xdp;
    const bool check_length = xdp || params.length != 0;
    const Network& network = network_of(runtime);
    long answer = Forwarding(network, params, flags, check_length).run();
    if (answer == success && !check_length) {
        const Interface& out = *interface_of(network, params.ifindex);
        if (!takes(out, packet.size(), is_gso(runtime))) answer = too_long;
        params.length = static_cast<std::uint16_t>(out.mtu);
    }
    std::memcpy(memory, &params, sizeof params);
    return answer;
}

long check_mtu(Runtime& runtime, Packet& packet, std::uint32_t ifindex, void* memory,
               int difference, std::uint64_t flags) {
    enum : long { fits, needs_fragments, segments_too_big };  // BPF_MTU_CHK_RET_*.
    constexpr std::uint64_t segments = 1;                     // BPF_MTU_CHK_SEGS.
    const std::uint64_t known = runtime.program().type == ProgType::xdp ? 0 : segments;
    const std::uint32_t given = load_u32(memory);
    if ((flags & ~known) != 0 || (flags != 0 && (difference != 0 || given != 0))) return -EINVAL;
    const Interface* device = device_of(runtime, ifindex);
    if (!device) return -ENODEV;
    const std::uint32_t size =
        (given != 0 ? given + static_cast<std::uint32_t>(ethernet_header_size) : packet.size()) +
        static_cast<std::uint32_t>(difference);
    const std::uint32_t limit = device->mtu + static_cast<std::uint32_t>(ethernet_header_size);
    std::memcpy(memory, &device->mtu, sizeof device->mtu);
    if (static_cast<std::int32_t>(size) <= static_cast<std::int32_t>(limit)) return fits;
    if (!is_gso(runtime)) return needs_fragments;
    const auto segment = runtime.context().value("gso_size").value_or(0);
    return flags != 0 && segment > device->mtu ? segments_too_big : fits;
}

}  // namespace bpftwin::calls
