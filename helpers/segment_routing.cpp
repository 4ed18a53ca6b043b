#include "helpers/segment_routing.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/network.h"
#include "helpers/packet_bytes.h"
#include "helpers/skb_room.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

constexpr std::uint32_t ipv6_size = sizeof(ipv6hdr);
constexpr std::uint32_t segment_size = sizeof(in6_addr);

std::uint8_t byte_of(const std::byte* bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

/// Headers that another one may follow (ipv6_ext_hdr without NEXTHDR_NONE).
bool has_next(std::uint8_t number) {
    return number == IPPROTO_HOPOPTS || number == IPPROTO_ROUTING || number == IPPROTO_FRAGMENT ||
           number == IPPROTO_AH || number == IPPROTO_DSTOPTS;
}

std::uint32_t size_of_header(std::uint8_t number, const std::byte* header) {
    const std::uint32_t length = byte_of(header, 1);
    if (number == IPPROTO_FRAGMENT) return 8;
    return number == IPPROTO_AH ? (length + 2) * 4 : (length + 1) * 8;
}

/// Whether the fragment header says that what follows is no beginning.
bool is_later_fragment(const std::byte* header) { return (load_network(header + 2) & ~7U) != 0; }

std::uint32_t network_offset(const Packet& packet) {
    return packet.network_header() - packet.data();
}

ipv6_sr_hdr fixed_part(ByteView header) {
    ipv6_sr_hdr part{};
    std::memcpy(&part, header.data(), sizeof part);
    return part;
}

/// Whether the type-length-values behind the segments fill the header.
bool has_whole_values(ByteView header, std::size_t at) {
    constexpr std::size_t smallest = 2;  // struct sr6_tlv.
    while (at < header.size()) {
        if (header.size() - at < smallest) return false;
        at += smallest + byte_of(header.data(), at + 1);
    }
    return at == header.size();
}

/// What keeps a header from being signed as it wants to be (seg6_push_hmac): no host has keys here.
long sign(ByteView header) {
    constexpr std::uint8_t wants_it = 1U << 3;  // SR6_FLAG1_HMAC.
    constexpr std::size_t value_size = 40;      // struct sr6_tlv_hmac, whose type is 5.
    const ipv6_sr_hdr part = fixed_part(header);
    if ((part.flags & wants_it) == 0) return 0;
    if (part.hdrlen < (part.first_segment + 1) * 2 + 5) return -EINVAL;
    const std::byte* value = &header[header.size() - value_size];
    return byte_of(value, 0) == 5 && byte_of(value, 1) == value_size - 2 ? -ENOENT : -EINVAL;
}

const std::byte* segment(ByteView header, std::uint32_t number) {
    return &header[sizeof(ipv6_sr_hdr) + number * segment_size];
}

std::byte* at_data(const Packet& packet) {
    return reinterpret_cast<std::byte*>(std::uint64_t{packet.data()});
}

void store_ipv6(const Packet& packet, const ipv6hdr& header) {
    std::memcpy(at_data(packet), &header, sizeof header);
}

ipv6hdr load_ipv6(const Packet& packet) {
    ipv6hdr header{};
    std::memcpy(&header, at_data(packet), sizeof header);
    return header;
}

void store_payload_length(const Packet& packet) {
    ipv6hdr header = load_ipv6(packet);
    header.payload_len = htons(static_cast<std::uint16_t>(packet.size() - ipv6_size));
    store_ipv6(packet, header);
}

/// An address of the packet's device to send from, or of another device (set_tun_src).
in6_addr source_address(Runtime& runtime) {
    in6_addr address{};
    const Network& network = network_of(runtime);
    const auto own = runtime.context().value("ifindex").value_or(0);
    const auto take = [&](const Interface& interface) {
        const auto found = std::ranges::find(interface.addresses, true, &IpAddress::ipv6);
        if (found == interface.addresses.end()) return false;
        std::memcpy(&address, found->bytes.data(), sizeof address);
        return true;
    };
    const Interface* device = interface_of(network, static_cast<std::uint32_t>(own));
    if (!device || !take(*device)) static_cast<void>(std::ranges::any_of(network.interfaces, take));
    return address;
}

/// seg6_do_srh_inline: behind the IPv6 header, whose destination becomes the last segment.
long push_inside(Runtime& runtime, Packet& packet, ByteView given) {
    open_room(runtime, packet, ipv6_size, static_cast<std::uint32_t>(given.size()));
    ipv6hdr ip = load_ipv6(packet);
    std::byte* header = at_data(packet) + ipv6_size;
    std::ranges::copy(given, header);
    header[0] = std::byte{ip.nexthdr};
    ip.nexthdr = IPPROTO_ROUTING;
    std::memcpy(header + sizeof(ipv6_sr_hdr), &ip.daddr, segment_size);
    const ByteView whole(header, given.size());
    std::memcpy(&ip.daddr, segment(whole, fixed_part(whole).first_segment), segment_size);
    store_ipv6(packet, ip);
    if (const long error = sign(whole)) return error;
    store_payload_length(packet);
    return 0;
}

/// seg6_do_srh_encap: with a new IPv6 header that has class, label and limit of the inner one.
long push_outside(Runtime& runtime, Packet& packet, ByteView given) {
    constexpr std::uint8_t default_limit = 64;
    const bool is_ipv6 = skb_protocol(runtime) == ETH_P_IPV6;
    ipv6hdr ip = is_ipv6 ? load_ipv6(packet) : ipv6hdr{.version = 6, .hop_limit = default_limit};
    open_room(runtime, packet, 0, static_cast<std::uint32_t>(ipv6_size + given.size()));
    std::byte* header = at_data(packet) + ipv6_size;
    std::ranges::copy(given, header);
    header[0] = std::byte{IPPROTO_IPV6};
    ip.nexthdr = IPPROTO_ROUTING;
    std::memcpy(&ip.daddr, segment(given, fixed_part(given).first_segment), segment_size);
    const in6_addr source = source_address(runtime);
    std::memcpy(&ip.saddr, &source, sizeof source);
    store_ipv6(packet, ip);
    if (const long error = sign(given)) return error;
    store_payload_length(packet);
    return 0;
}

long error_of(RouteType type) {
    switch (type) {
        case RouteType::unicast:
        case RouteType::broadcast:
        case RouteType::multicast: return 0;
        case RouteType::unreachable: return -EHOSTUNREACH;
        case RouteType::prohibit: return -EACCES;
        case RouteType::throw_: return -EAGAIN;
        case RouteType::local:  // Goes to the loopback device, which is no next hop.
        case RouteType::blackhole: return -EINVAL;
    }
    bug("RouteType");
}

}  // namespace

std::optional<std::uint32_t> find_ipv6_header(const Packet& packet, std::uint8_t number) {
    std::uint32_t at = network_offset(packet);
    const std::byte* ip = packet_bytes(packet, at, ipv6_size);
    if (!ip) return std::nullopt;
    std::uint8_t next = byte_of(ip, offsetof(ipv6hdr, nexthdr));
    at += ipv6_size;
    while (next != number) {
        if (!has_next(next)) return std::nullopt;
        const std::byte* header = packet_bytes(packet, at, 4);
        if (!header || (next == IPPROTO_FRAGMENT && is_later_fragment(header))) return std::nullopt;
        at += size_of_header(next, header);
        next = byte_of(header, 0);
    }
    const bool is_there = !has_next(number) || packet_bytes(packet, at, 4);
    return is_there ? std::optional(at) : std::nullopt;
}

bool is_segment_header(ByteView header, bool reduced) {
    constexpr std::uint8_t segment_routing = 4;  // IPV6_SRCRT_TYPE_4.
    if (header.size() < sizeof(ipv6_sr_hdr)) return false;
    const ipv6_sr_hdr part = fixed_part(header);
    if (part.type != segment_routing || (part.hdrlen + 1U) * 8 != header.size()) return false;
    if (!reduced && part.segments_left > part.first_segment) return false;
    if (part.first_segment > part.hdrlen / 2 - 1) return false;
    if (part.segments_left > part.first_segment + 1) return false;
    return has_whole_values(header, sizeof(ipv6_sr_hdr) + (part.first_segment + 1U) * segment_size);
}

long push_segments(Runtime& runtime, Packet& packet, SegmentPush how, ByteView header) {
    if (!is_segment_header(header, false)) return -EINVAL;
    if (how == SegmentPush::inside && skb_protocol(runtime) != ETH_P_IPV6) return -EBADMSG;
    if (!has_head_room(packet, static_cast<std::uint32_t>(ipv6_size + header.size())))
        return -ENOMEM;
    const bool needs_ip = how == SegmentPush::inside || skb_protocol(runtime) == ETH_P_IPV6;
    if (needs_ip && packet.size() < ipv6_size) {
        runtime.stop({.reason = "the packet is shorter than an IPv6 header"});
        return 0;
    }
    if (how == SegmentPush::outside) packet.skb().encapsulated = true;
    const long error = how == SegmentPush::inside ? push_inside(runtime, packet, header)
                                                  : push_outside(runtime, packet, header);
    return error != 0 ? error : look_up_next_hop(runtime, packet, std::nullopt, 0);
}

long look_up_next_hop(Runtime& runtime, const Packet& packet, const std::optional<IpAddress>& hop,
                      std::uint32_t table) {
    RouteQuery query{
        .destination = {.ipv6 = true},
        .mark = static_cast<std::uint32_t>(runtime.context().value("mark").value_or(0))};
    const std::byte* ip = packet_bytes(packet, network_offset(packet), ipv6_size);
    if (hop)
        query.destination = *hop;
    else if (ip)
        std::copy_n(ip + offsetof(ipv6hdr, daddr), segment_size, query.destination.bytes.begin());
    const Network& network = network_of(runtime);
    if (table != 0 && !has_table(network, table)) return -EINVAL;  // The black hole of all routes.
    if (table != 0) query.table = table;
    const Route* route = route_to(network, query);
    return route ? error_of(route->type) : -ENETUNREACH;
}

}  // namespace bpftwin
