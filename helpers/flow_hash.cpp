#include "helpers/flow_hash.h"

#include <algorithm>
#include <array>

namespace bpftwin {
namespace {

/// FNV-1a, 64 bits folded to 32.
class Hash {
public:
    void add(ByteView bytes) {
        for (const std::byte byte : bytes) {
            state_ ^= static_cast<std::uint64_t>(byte);
            state_ *= 0x100000001b3;
        }
    }
    [[nodiscard]] std::uint32_t value() const {
        return std::max(static_cast<std::uint32_t>(state_ ^ (state_ >> 32)), std::uint32_t{1});
    }

private:
    std::uint64_t state_ = 0xcbf29ce484222325;
};

/// Where a network header keeps what tells flows apart.
struct Layout {
    std::size_t protocol;
    std::size_t addresses;
    std::size_t addresses_size;
    std::size_t payload;
};

bool has_ports(std::byte protocol) {
    constexpr std::array<std::uint8_t, 3> with_ports = {6, 17, 132};  // TCP, UDP, SCTP.
    return std::ranges::contains(with_ports, static_cast<std::uint8_t>(protocol));
}

std::uint32_t hash_of(ByteView packet, const Layout& layout) {
    constexpr std::size_t ports_size = 4;
    Hash hash;
    hash.add(packet.subspan(layout.protocol, 1));
    hash.add(packet.subspan(layout.addresses, layout.addresses_size));
    if (has_ports(packet[layout.protocol]) && packet.size() >= layout.payload + ports_size)
        hash.add(packet.subspan(layout.payload, ports_size));
    return hash.value();
}

}  // namespace

std::uint32_t flow_hash(ByteView packet) {
    constexpr std::size_t ipv4_header = 20;
    constexpr std::size_t ipv6_header = 40;
    const unsigned first = packet.empty() ? 0 : static_cast<unsigned>(packet[0]);
    if (first >> 4 == 4 && packet.size() >= ipv4_header)
        return hash_of(packet, {.protocol = 9,
                                .addresses = 12,
                                .addresses_size = 8,
                                .payload = std::size_t{first & 15U} * 4});
    if (first >> 4 == 6 && packet.size() >= ipv6_header)
        return hash_of(
            packet, {.protocol = 6, .addresses = 8, .addresses_size = 32, .payload = ipv6_header});
    Hash hash;
    hash.add(packet);
    return hash.value();
}

}  // namespace bpftwin
