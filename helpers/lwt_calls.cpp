// Lightweight tunnels: an outer IP header, and what follows it, in front of the packet
// (net/core/lwt_bpf.c bpf_lwt_push_ip_encap), or segments that it is sent through.
#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/maps/attributes.h"
#include "helpers/segment_routing.h"
#include "helpers/skb_room.h"
#include "helpers/touch.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::uint32_t ipv4_header = 20;
constexpr std::uint32_t ipv6_header = 40;

/// Protocol of the headers, or 0 where they are cut or none.
std::uint16_t protocol_of(const std::uint8_t* header, std::uint32_t size) {
    constexpr std::uint32_t longest = 256;  // LWT_BPF_MAX_HEADROOM.
    if (size < ipv4_header || size > longest) return 0;
    if (header[0] >> 4 == 4) return size >= (header[0] & 15U) * 4 ? ETH_P_IP : 0;
    return header[0] >> 4 == 6 && size >= ipv6_header ? ETH_P_IPV6 : 0;
}

/// Checksum of an IPv4 header whose own one is 0.
std::uint16_t header_checksum(const std::uint8_t* header) {
    std::uint32_t sum = 0;
    for (std::uint32_t at = 0; at < (header[0] & 15U) * 4; at += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, header + at, sizeof word);
        sum += word;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~(sum + (sum >> 16)));
}

void complete_checksum(std::uint8_t* header) {
    constexpr std::size_t place = 10;
    std::uint16_t checksum = 0;
    std::memcpy(&checksum, header + place, sizeof checksum);
    if (checksum != 0) return;
    checksum = header_checksum(header);
    std::memcpy(header + place, &checksum, sizeof checksum);
}

long push_ip(Runtime& runtime, Packet& packet, const void* given, std::uint32_t size) {
    const std::uint16_t protocol = protocol_of(static_cast<const std::uint8_t*>(given), size);
    if (protocol == 0) return -EINVAL;
    if (!has_head_room(packet, size)) return -ENOMEM;
    const std::uint32_t data = packet.data() - size;
    auto* header = reinterpret_cast<std::uint8_t*>(std::uint64_t{data});
    std::memcpy(header, given, size);
    if (protocol == ETH_P_IP) complete_checksum(header);
    packet.place_headers(packet.link_header(), data);
    packet.skb().encapsulated = true;
    move_skb(runtime, packet, data, packet.data_end());
    static_cast<void>(runtime.context().set("protocol", htons(protocol)));
    set_hash_invalid(runtime, packet);
    return 0;
}

}  // namespace

long lwt_push_encap(Runtime& runtime, Packet& packet, std::uint32_t type, const void* header,
                    std::uint32_t size) {
    enum : std::uint32_t { seg6, seg6_inline, ip };  // BPF_LWT_ENCAP_*.
    if (type == ip) return push_ip(runtime, packet, header, size);
    if (type > ip || runtime.program().type == ProgType::lwt_xmit) return -EINVAL;
    touch_readable(header, size);
    const ByteView bytes(static_cast<const std::byte*>(header), size);
    return push_segments(runtime, packet, type == seg6 ? SegmentPush::outside : SegmentPush::inside,
                         bytes);
}

}  // namespace bpftwin::calls
