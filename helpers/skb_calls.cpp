// Socket buffer helpers (net/core/filter.c) on one linear buffer.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "helpers/calls.h"
#include "helpers/flow_hash.h"
#include "helpers/maps/attributes.h"
#include "helpers/network.h"
#include "helpers/packet_bytes.h"
#include "helpers/skb_room.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

namespace start_at {
constexpr std::uint32_t mac = 0;  // BPF_HDR_START_MAC.
constexpr std::uint32_t net = 1;  // BPF_HDR_START_NET.
}  // namespace start_at

namespace store_flag {
constexpr std::uint64_t recompute_csum = 1;  // Nothing to do without a hardware checksum.
constexpr std::uint64_t invalidate_hash = 2;
constexpr std::uint64_t all = recompute_csum | invalidate_hash;
}  // namespace store_flag

long refuse_load(void* to, std::uint32_t size) {
    std::memset(to, 0, size);
    return -EFAULT;
}

void store_hash(Runtime& runtime, std::uint32_t hash) {
    // Contexts without the field have no hash to keep.
    static_cast<void>(runtime.context().set("hash", hash));
}

/// Protocol behind the VLAN tags of the packet (vlan_get_protocol); 0 where they are cut.
std::uint16_t protocol_behind_tags(Runtime& runtime, const Packet& packet) {
    std::uint16_t found = skb_protocol(runtime);
    std::uint64_t tag = packet.network_header();
    for (; found == ETH_P_8021Q || found == ETH_P_8021AD; tag += 4) {
        if (tag + 4 > packet.data_end()) return 0;
        found = load_network(reinterpret_cast<const std::byte*>(tag + 2));
    }
    return found;
}

/// Marks congestion in an IPv4 header, with its checksum (IP_ECN_set_ce). @return whether it is.
bool mark_ipv4(std::uint8_t* header) {
    constexpr std::uint8_t experienced = 3;  // INET_ECN_CE.
    const unsigned code = (header[1] + 1U) & 3U;
    if ((code & 2) == 0) return code == 0;
    std::uint16_t checksum = 0;
    std::memcpy(&checksum, header + 10, sizeof checksum);
    std::uint32_t sum =
        std::uint32_t{checksum} + htons(0xfffb) + htons(static_cast<std::uint16_t>(code));
    sum += sum >= 0xffff ? 1 : 0;
    checksum = static_cast<std::uint16_t>(sum);
    std::memcpy(header + 10, &checksum, sizeof checksum);
    header[1] |= experienced;
    return true;
}

/// The same of IPv6, whose header has no checksum.
bool mark_ipv6(std::uint8_t* header) {
    constexpr std::uint8_t experienced = 3 << 4;
    if ((header[1] & experienced) == 0) return false;
    header[1] |= experienced;
    return true;
}

}  // namespace

long skb_load_bytes(Runtime&, Packet& packet, std::uint32_t offset, void* to, std::uint32_t size) {
    const std::byte* from = packet_bytes(packet, offset, size);
    if (!from) return refuse_load(to, size);
    std::memmove(to, from, size);
    return 0;
}

long skb_load_bytes_relative(Runtime&, Packet& packet, std::uint32_t offset, void* to,
                             std::uint32_t size, std::uint32_t start) {
    if (offset > 0xffff || start > start_at::net) return refuse_load(to, size);
    const std::uint64_t header =
        start == start_at::mac ? packet.link_header() : packet.network_header();
    if (header + offset + size > packet.data_end()) return refuse_load(to, size);
    std::memmove(to, reinterpret_cast<const std::byte*>(header + offset), size);
    return 0;
}

long skb_store_bytes(Runtime& runtime, Packet& packet, std::uint32_t offset, const void* from,
                     std::uint32_t size, std::uint64_t flags) {
    if ((flags & ~store_flag::all) != 0) return -EINVAL;
    std::byte* to = packet_bytes(packet, offset, size);
    if (!to) return -EFAULT;
    std::memmove(to, from, size);
    if ((flags & store_flag::invalidate_hash) != 0) set_hash_invalid(runtime, packet);
    return 0;
}

long skb_pull_data(Runtime&, Packet& packet, std::uint32_t size) {
    return size > packet.size() ? -ENOMEM : 0;
}

long skb_change_tail(Runtime& runtime, Packet& packet, std::uint32_t size, std::uint64_t flags) {
    const std::uint32_t least =
        packet.network_header() > packet.data() ? packet.network_header() - packet.data() : 0;
    if (flags != 0 || size > longest_skb || size < least) return -EINVAL;
    if (packet.skb().encapsulated) return -enotsupp;
    const std::uint32_t old_end = packet.data_end();
    const std::uint32_t new_end = packet.data() + size;
    if (new_end > old_end)
        std::memset(reinterpret_cast<std::byte*>(std::uint64_t{old_end}), 0, new_end - old_end);
    move_skb(runtime, packet, packet.data(), new_end);
    return 0;
}

long skb_change_head(Runtime& runtime, Packet& packet, std::uint32_t size, std::uint64_t flags) {
    const std::uint64_t length = std::uint64_t{packet.size()} + size;
    if (flags != 0 || length > longest_skb) return -EINVAL;
    if (!has_head_room(packet, size)) return -ENOMEM;
    const std::uint32_t data = packet.data() - size;
    std::memset(reinterpret_cast<std::byte*>(std::uint64_t{data}), 0, size);
    packet.place_headers(data, packet.network_header());
    move_skb(runtime, packet, data, packet.data_end());
    return 0;
}

std::uint32_t get_hash_recalc(Runtime& runtime, Packet& packet) {
    const auto known = runtime.context().value("hash");
    if (known && (*known != 0 || packet.skb().hash_is_chosen))
        return static_cast<std::uint32_t>(*known);
    const std::uint32_t network = std::min(packet.network_header(), packet.data_end());
    const std::uint32_t hash = flow_hash(
        {reinterpret_cast<const std::byte*>(std::uint64_t{network}), packet.data_end() - network});
    store_hash(runtime, hash);
    return hash;
}

long set_hash(Runtime& runtime, Packet& packet, std::uint32_t hash) {
    packet.skb().hash_is_chosen = true;
    store_hash(runtime, hash);
    return 0;
}

void set_hash_invalid(Runtime& runtime, Packet& packet) {
    packet.skb().hash_is_chosen = false;
    store_hash(runtime, 0);
}

long skb_change_type(Runtime& runtime, Packet&, std::uint32_t type) {
    const auto now = runtime.context().value("pkt_type").value_or(0);
    if (now > PACKET_OTHERHOST || type > PACKET_OTHERHOST) return -EINVAL;
    static_cast<void>(runtime.context().set("pkt_type", type));
    return 0;
}

long skb_ecn_set_ce(Runtime& runtime, Packet& packet) {
    const std::uint16_t network = protocol_behind_tags(runtime, packet);
    const std::uint32_t size = network == ETH_P_IP ? 20 : network == ETH_P_IPV6 ? 40 : 0;
    if (size == 0 || packet.size() < size) return 0;
    if (packet.network_header() + std::uint64_t{size} > packet.data_end()) return 0;
    auto* header = reinterpret_cast<std::uint8_t*>(std::uint64_t{packet.network_header()});
    return network == ETH_P_IP ? mark_ipv4(header) : mark_ipv6(header);
}

long skb_set_tstamp(Runtime& runtime, Packet&, std::uint64_t time, std::uint32_t type) {
    enum : std::uint32_t { realtime, monotonic, tai };  // BPF_SKB_CLOCK_*.
    const std::uint16_t network = skb_protocol(runtime);
    if (network != ETH_P_IP && network != ETH_P_IPV6) return -EOPNOTSUPP;
    if (type > tai || (type != realtime && time == 0)) return -EINVAL;
    static_cast<void>(runtime.context().set("tstamp", time));
    static_cast<void>(runtime.context().set("tstamp_type", type));
    return 0;
}

std::uint32_t get_cgroup_classid(Runtime& runtime, const void*) {
    return network_of(runtime).classid;
}

std::uint32_t get_route_realm(Runtime& runtime, const void*) {
    return network_of(runtime).route_realm;
}

long skb_get_xfrm_state(Runtime&, Packet&, std::uint32_t, void* to, std::uint32_t size,
                        std::uint64_t) {
    std::memset(to, 0, size);
    return -EINVAL;
}

}  // namespace bpftwin::calls
