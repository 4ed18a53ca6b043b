// Tunnel keys of socket buffers (net/core/filter.c bpf_skb_get_tunnel_key and following,
// include/net/ip_tunnels.h).
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/network.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// struct bpf_tunnel_key of 6.18; older headers name fewer fields.
struct KeyLayout {
    std::uint32_t id;
    std::array<std::byte, 16> remote;  ///< An IPv4 address is a number of the host.
    std::uint8_t tos;
    std::uint8_t ttl;
    std::uint16_t ext;  ///< Or the flags.
    std::uint32_t label;
    std::array<std::byte, 16> local;
};
static_assert(sizeof(KeyLayout) == 44);

namespace key_flag {
constexpr std::uint64_t ipv6 = 1;
constexpr std::uint64_t zero_csum = 2;
constexpr std::uint64_t dont_fragment = 4;
constexpr std::uint64_t sequence = 8;
constexpr std::uint64_t no_key = 16;  // For bpf_skb_set_tunnel_key.
constexpr std::uint64_t flags = 16;   // For bpf_skb_get_tunnel_key.
}  // namespace key_flag

namespace tunnel_flag {  // TUNNEL_* of <linux/if_tunnel.h>.
constexpr std::uint16_t csum = 1 << 0;
constexpr std::uint16_t key = 1 << 2;
constexpr std::uint16_t sequence = 1 << 3;
constexpr std::uint16_t dont_fragment = 1 << 8;
constexpr std::uint16_t geneve = 1 << 11;
constexpr std::uint16_t vxlan = 1 << 12;
constexpr std::uint16_t no_cache = 1 << 13;
constexpr std::uint16_t erspan = 1 << 14;
constexpr std::uint16_t gtp = 1 << 15;
constexpr std::uint16_t options = geneve | vxlan | erspan | gtp;
}  // namespace tunnel_flag

constexpr std::uint32_t ipv4_only = offsetof(KeyLayout, remote) + 4;

/// Sizes that programs compiled with older headers give: up to a field that was added later.
bool is_older_size(std::uint32_t size) {
    return size == ipv4_only || size == offsetof(KeyLayout, ext) ||
           size == offsetof(KeyLayout, label) || size == offsetof(KeyLayout, local);
}

std::array<std::byte, 16> stored(const IpAddress& address) {
    std::array<std::byte, 16> bytes = address.bytes;
    if (address.ipv6) return bytes;
    std::reverse(bytes.begin(), bytes.begin() + 4);
    std::fill(bytes.begin() + 4, bytes.end(), std::byte{0});
    return bytes;
}

IpAddress address_from(std::array<std::byte, 16> bytes, bool ipv6) {
    if (!ipv6) {
        std::reverse(bytes.begin(), bytes.begin() + 4);
        std::fill(bytes.begin() + 4, bytes.end(), std::byte{0});
    }
    return {.bytes = bytes, .ipv6 = ipv6};
}

const TunnelKey* tunnel_of(Runtime& runtime, const Packet& packet) {
    if (packet.skb().tunnel) return &*packet.skb().tunnel;
    const auto& received = network_of(runtime).tunnel;
    return received ? &*received : nullptr;
}

/// What stands in the way of giving `size` bytes of the key, or 0.
long check_reading(const TunnelKey* tunnel, std::uint32_t size, std::uint64_t flags) {
    if (!tunnel || (flags & ~(key_flag::ipv6 | key_flag::flags)) != 0) return -EINVAL;
    const bool ipv6 = (flags & key_flag::ipv6) != 0;
    if (tunnel->source.ipv6 != ipv6) return -EPROTO;
    if (size == sizeof(KeyLayout)) return 0;
    return !is_older_size(size) || (size == ipv4_only && ipv6) ? -EINVAL : 0;
}

std::uint16_t flags_for(std::uint64_t flags) {
    std::uint16_t bits = tunnel_flag::key | tunnel_flag::csum | tunnel_flag::no_cache;
    if ((flags & key_flag::dont_fragment) != 0) bits |= tunnel_flag::dont_fragment;
    if ((flags & key_flag::zero_csum) != 0) bits &= static_cast<std::uint16_t>(~tunnel_flag::csum);
    if ((flags & key_flag::sequence) != 0) bits |= tunnel_flag::sequence;
    if ((flags & key_flag::no_key) != 0) bits &= static_cast<std::uint16_t>(~tunnel_flag::key);
    return bits;
}

std::uint16_t swapped(std::uint16_t value) {
    return static_cast<std::uint16_t>(value << 8 | value >> 8);
}

}  // namespace

long skb_get_tunnel_key(Runtime& runtime, Packet& packet, void* to, std::uint32_t size,
                        std::uint64_t flags) {
    const TunnelKey* tunnel = tunnel_of(runtime, packet);
    std::memset(to, 0, size);
    if (const long error = check_reading(tunnel, size, flags)) return error;
    const KeyLayout key = {
        .id = static_cast<std::uint32_t>(tunnel->id),
        .remote = stored(tunnel->source),
        .tos = tunnel->tos,
        .ttl = tunnel->ttl,
        .ext = (flags & key_flag::flags) != 0 ? swapped(tunnel->flags) : std::uint16_t{0},
        .label = tunnel->source.ipv6 ? tunnel->label : 0,
        .local = stored(tunnel->destination)};
    std::memcpy(to, &key, size);
    return 0;
}

long skb_set_tunnel_key(Runtime&, Packet& packet, const void* from, std::uint32_t size,
                        std::uint64_t flags) {
    constexpr std::uint64_t known = key_flag::ipv6 | key_flag::zero_csum | key_flag::dont_fragment |
                                    key_flag::sequence | key_flag::no_key;
    constexpr std::uint32_t label_mask = 0xfffff;  // IPV6_FLOWLABEL_MASK.
    const bool ipv6 = (flags & key_flag::ipv6) != 0;
    if ((flags & ~known) != 0) return -EINVAL;
    if (size != sizeof(KeyLayout) && !is_older_size(size)) return -EINVAL;
    KeyLayout key{};
    std::memcpy(&key, from, size);
    if ((!ipv6 && key.label != 0) || key.ext != 0) return -EINVAL;
    packet.skb().tunnel = TunnelKey{.id = key.id,
                                    .source = address_from(key.local, ipv6),
                                    .destination = address_from(key.remote, ipv6),
                                    .tos = key.tos,
                                    .ttl = key.ttl,
                                    .label = key.label & label_mask,
                                    .flags = flags_for(flags)};
    return 0;
}

long skb_get_tunnel_opt(Runtime& runtime, Packet& packet, void* to, std::uint32_t size) {
    const TunnelKey* tunnel = tunnel_of(runtime, packet);
    std::memset(to, 0, size);
    if (!tunnel || (tunnel->flags & tunnel_flag::options) == 0) return -ENOENT;
    if (size < tunnel->options.size()) return -ENOMEM;
    std::ranges::copy(tunnel->options, static_cast<std::byte*>(to));
    return static_cast<long>(tunnel->options.size());
}

long skb_set_tunnel_opt(Runtime&, Packet& packet, const void* from, std::uint32_t size) {
    constexpr std::uint32_t longest = 255;  // IP_TUNNEL_OPTS_MAX.
    if (!packet.skb().tunnel || size % 4 != 0) return -EINVAL;
    if (size > longest) return -ENOMEM;
    const auto* bytes = static_cast<const std::byte*>(from);
    packet.skb().tunnel->options.assign(bytes, bytes + size);
    packet.skb().tunnel->flags |= tunnel_flag::options;
    return 0;
}

}  // namespace bpftwin::calls
