// Socket buffer helpers that add, remove and exchange headers (net/core/filter.c, skb_vlan_push and
// skb_vlan_pop of net/core/skbuff.c).
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/maps/attributes.h"
#include "helpers/packet_bytes.h"
#include "helpers/skb_room.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::uint32_t vlan_header = 4;
constexpr std::uint32_t ipv4_header = 20;
constexpr std::uint32_t ipv6_header = 40;

std::uint64_t field(Runtime& runtime, std::string_view name) {
    return runtime.context().value(name).value_or(0);
}

void store_field(Runtime& runtime, std::string_view name, std::uint64_t value) {
    // Every context of these helpers has the fields.
    static_cast<void>(runtime.context().set(name, value));
}

void store_protocol(Runtime& runtime, std::uint16_t protocol) {
    store_field(runtime, "protocol", htons(protocol));
}

bool is_vlan(std::uint16_t protocol) { return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD; }

/// A GSO packet of the test-run has no type, so it is none of TCP, and helpers that would have to
/// divide it anew refuse.
bool is_untyped_gso(Runtime& runtime) { return field(runtime, "gso_size") != 0; }

// --- VLAN tags: the outermost one lives in the fields of the context, further ones in the packet.

struct Tag {
    std::uint16_t protocol;
    std::uint16_t control;
};

void keep_tag(Runtime& runtime, Tag tag) {
    store_field(runtime, "vlan_present", 1);
    store_field(runtime, "vlan_proto", htons(tag.protocol));
    store_field(runtime, "vlan_tci", tag.control);
}

/// The kernel leaves protocol and control as they were.
void drop_tag(Runtime& runtime) { store_field(runtime, "vlan_present", 0); }

void store_network(std::byte* to, std::uint16_t value) {
    const std::uint16_t bytes = htons(value);
    std::memcpy(to, &bytes, sizeof bytes);
}

/// Moves the tag of the fields into the packet.
long push_kept_tag(Runtime& runtime, Packet& packet) {
    if (!has_head_room(packet, vlan_header)) return -ENOMEM;
    const auto protocol = ntohs(static_cast<std::uint16_t>(field(runtime, "vlan_proto")));
    open_room(runtime, packet, 2 * ETH_ALEN, vlan_header);
    std::byte* tag = packet_bytes(packet, 2 * ETH_ALEN, vlan_header);
    store_network(tag, protocol);
    store_network(tag + 2, static_cast<std::uint16_t>(field(runtime, "vlan_tci")));
    store_protocol(runtime, protocol);
    return 0;
}

/// What follows a tag: its Ethernet type, or what 802.3 frames are called.
std::uint16_t inner_protocol(const Packet& packet) {
    const std::uint16_t type = load_network(packet_bytes(packet, ETH_HLEN + 2, 2));
    if (type >= ETH_P_802_3_MIN) return type;
    const std::byte* payload = packet_bytes(packet, ETH_HLEN + vlan_header, 2);
    return payload && load_network(payload) == 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

/// Takes a tag out of the packet. @return its control information or an error.
long take_tag(Runtime& runtime, Packet& packet) {
    const std::byte* tag = packet_bytes(packet, ETH_HLEN, vlan_header);
    if (!tag) return -ENOMEM;
    const std::uint16_t control = load_network(tag);
    store_protocol(runtime, inner_protocol(packet));
    const std::uint32_t network = packet.network_header();
    close_room(runtime, packet, 2 * ETH_ALEN, vlan_header);
    packet.place_headers(packet.data(), std::max(network, packet.data() + ETH_HLEN));
    return control;
}

// --- protocols

std::uint32_t header_size(std::uint16_t protocol) {
    if (protocol == ETH_P_IP) return ipv4_header;
    return protocol == ETH_P_IPV6 ? ipv6_header : ~std::uint32_t{0};
}

std::uint32_t link_size(const Packet& packet) {
    return packet.network_header() - packet.link_header();
}

long exchange_protocol(Runtime& runtime, Packet& packet, std::uint16_t to) {
    constexpr std::uint32_t difference = ipv6_header - ipv4_header;
    const std::uint32_t offset = link_size(packet);
    if (to == ETH_P_IPV6) {
        if (!has_head_room(packet, difference)) return -ENOMEM;
        open_room(runtime, packet, offset, difference);
    } else {
        if (packet.size() < offset + difference) return -ENOMEM;
        close_room(runtime, packet, offset, difference);
    }
    store_protocol(runtime, to);
    set_hash_invalid(runtime, packet);
    return 0;
}

// --- room between headers

namespace room_flag {
constexpr std::uint64_t fixed_gso = BPF_F_ADJ_ROOM_FIXED_GSO;
constexpr std::uint64_t outer_ipv4 = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
constexpr std::uint64_t outer_ipv6 = BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
constexpr std::uint64_t outer = outer_ipv4 | outer_ipv6;
constexpr std::uint64_t gre = BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
constexpr std::uint64_t udp = BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
constexpr std::uint64_t no_csum_reset = BPF_F_ADJ_ROOM_NO_CSUM_RESET;
constexpr std::uint64_t ethernet = 1 << 6;    // BPF_F_ADJ_ROOM_ENCAP_L2_ETH.
constexpr std::uint64_t inner_ipv4 = 1 << 7;  // BPF_F_ADJ_ROOM_DECAP_L3_IPV4.
constexpr std::uint64_t inner_ipv6 = 1 << 8;
constexpr std::uint64_t inner = inner_ipv4 | inner_ipv6;
constexpr unsigned link_shift = BPF_ADJ_ROOM_ENCAP_L2_SHIFT;
constexpr std::uint64_t link = std::uint64_t{BPF_ADJ_ROOM_ENCAP_L2_MASK} << link_shift;
constexpr std::uint64_t shrinking = fixed_gso | inner | no_csum_reset;
constexpr std::uint64_t all = shrinking | outer | gre | udp | ethernet | link;

constexpr bool both(std::uint64_t flags, std::uint64_t pair) { return (flags & pair) == pair; }
}  // namespace room_flag

/// Whether the packet can be put into a tunnel. @return 0 or an error.
long check_encapsulation(const Packet& packet, std::uint32_t size, std::uint64_t flags) {
    const std::uint64_t link = flags >> room_flag::link_shift & BPF_ADJ_ROOM_ENCAP_L2_MASK;
    if (room_flag::both(flags, room_flag::outer)) return -EINVAL;
    if (room_flag::both(flags, room_flag::gre | room_flag::udp)) return -EINVAL;
    if ((flags & room_flag::ethernet) != 0 && link < ETH_HLEN) return -EINVAL;
    if (packet.skb().encapsulated) return -EALREADY;
    return link > size ? -EINVAL : 0;
}

/// The protocol becomes that of the outer or inner header which the flags name.
void follow_header(Runtime& runtime, std::uint64_t flags, std::uint64_t ipv4, std::uint64_t ipv6) {
    if (skb_protocol(runtime) == ETH_P_IP && (flags & ipv6) != 0)
        store_protocol(runtime, ETH_P_IPV6);
    else if (skb_protocol(runtime) == ETH_P_IPV6 && (flags & ipv4) != 0)
        store_protocol(runtime, ETH_P_IP);
}

long grow(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint32_t size,
          std::uint64_t flags) {
    if (is_untyped_gso(runtime)) return -enotsupp;
    if (!has_head_room(packet, size)) return -ENOMEM;
    const bool encapsulates = (flags & room_flag::outer) != 0;
    if (encapsulates)
        if (const long error = check_encapsulation(packet, size, flags)) return error;
    const std::uint32_t link = link_size(packet);
    open_room(runtime, packet, offset, size);
    if (!encapsulates) return 0;
    packet.skb().encapsulated = true;
    packet.place_headers(packet.link_header(), packet.data() + link);
    follow_header(runtime, flags, room_flag::outer_ipv4, room_flag::outer_ipv6);
    return 0;
}

long shrink(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint32_t size,
            std::uint64_t flags) {
    if ((flags & ~room_flag::shrinking) != 0) return -EINVAL;
    if (is_untyped_gso(runtime)) return -enotsupp;
    if (std::uint64_t{offset} + size > packet.size()) return -ENOMEM;
    close_room(runtime, packet, offset, size);
    follow_header(runtime, flags, room_flag::inner_ipv4, room_flag::inner_ipv6);
    return 0;
}

/// Bytes that have to stay behind the link header.
std::uint32_t least_size(std::uint16_t protocol, std::uint64_t flags) {
    if ((flags & room_flag::inner) == 0) return header_size(protocol);
    return (flags & room_flag::inner_ipv4) != 0 ? ipv4_header : ipv6_header;
}

long check_room(Runtime& runtime, const Packet& packet, bool shrinks, std::uint32_t size,
                std::uint64_t flags) {
    const std::uint32_t behind_link = packet.size() - (packet.network_header() - packet.data());
    const bool decapsulates = (flags & room_flag::inner) != 0;
    if (decapsulates && (!shrinks || room_flag::both(flags, room_flag::inner))) return -EINVAL;
    if (shrinks) {
        const std::uint32_t least = least_size(skb_protocol(runtime), flags);
        return size >= behind_link || behind_link - size < least ? -enotsupp : 0;
    }
    const bool gso = field(runtime, "gso_size") != 0;
    return packet.size() + size > longest_skb && !gso ? -enotsupp : 0;
}

/// bpf_skb_adjust_room of sk_skb programs: in front of the payload.
long adjust_payload_room(Runtime& runtime, Packet& packet, int difference, std::uint32_t mode,
                         std::uint64_t flags) {
    const auto size = static_cast<std::uint32_t>(std::abs(std::int64_t{difference}));
    if (flags != 0 || mode != 0) return -EINVAL;
    if (size > 0xfff) return -EFAULT;
    if (difference < 0) {
        if (size > packet.size()) return -ENOMEM;
        move_skb(runtime, packet, packet.data() + size, packet.data_end());
        return 0;
    }
    if (!has_head_room(packet, size)) return -ENOMEM;
    const std::uint32_t data = packet.data() - size;
    std::memset(reinterpret_cast<std::byte*>(std::uint64_t{data}), 0, size);
    move_skb(runtime, packet, data, packet.data_end());
    return 0;
}

}  // namespace

long skb_vlan_push(Runtime& runtime, Packet& packet, std::uint16_t protocol_bytes,
                   std::uint16_t control) {
    const std::uint16_t given = ntohs(protocol_bytes);
    if (field(runtime, "vlan_present") != 0)
        if (const long error = push_kept_tag(runtime, packet)) return error;
    keep_tag(runtime,
             {.protocol = is_vlan(given) ? given : std::uint16_t{ETH_P_8021Q}, .control = control});
    return 0;
}

long skb_vlan_pop(Runtime& runtime, Packet& packet) {
    if (field(runtime, "vlan_present") != 0) {
        drop_tag(runtime);
    } else {
        if (!is_vlan(skb_protocol(runtime))) return 0;
        if (const long control = take_tag(runtime, packet); control < 0) return control;
    }
    const std::uint16_t next = skb_protocol(runtime);
    if (!is_vlan(next)) return 0;
    const long control = take_tag(runtime, packet);
    if (control < 0) return control;
    keep_tag(runtime, {.protocol = next, .control = static_cast<std::uint16_t>(control)});
    return 0;
}

long skb_change_proto(Runtime& runtime, Packet& packet, std::uint16_t protocol_bytes,
                      std::uint64_t flags) {
    if (flags != 0) return -EINVAL;
    const std::uint16_t from = skb_protocol(runtime);
    const std::uint16_t to = ntohs(protocol_bytes);
    const bool is_known =
        (from == ETH_P_IP && to == ETH_P_IPV6) || (from == ETH_P_IPV6 && to == ETH_P_IP);
    return is_known ? exchange_protocol(runtime, packet, to) : -enotsupp;
}

long skb_adjust_room(Runtime& runtime, Packet& packet, int difference, std::uint32_t mode,
                     std::uint64_t flags) {
    if (runtime.program().type == ProgType::sk_skb)
        return adjust_payload_room(runtime, packet, difference, mode, flags);
    const auto size = static_cast<std::uint32_t>(std::abs(std::int64_t{difference}));
    const std::uint16_t network = skb_protocol(runtime);
    if ((flags & ~room_flag::all) != 0) return -EINVAL;
    if (size > 0xfff) return -EFAULT;
    if (network != ETH_P_IP && network != ETH_P_IPV6) return -enotsupp;
    if (mode != BPF_ADJ_ROOM_NET && mode != BPF_ADJ_ROOM_MAC) return -enotsupp;
    const bool shrinks = difference < 0;
    if (const long error = check_room(runtime, packet, shrinks, size, flags)) return error;
    const std::uint32_t offset =
        link_size(packet) + (mode == BPF_ADJ_ROOM_NET ? header_size(network) : 0);
    const long error = shrinks ? shrink(runtime, packet, offset, size, flags)
                               : grow(runtime, packet, offset, size, flags);
    if (error == 0 && (flags & room_flag::no_csum_reset) == 0) packet.skb().checksum_level.reset();
    return error;
}

}  // namespace bpftwin::calls
