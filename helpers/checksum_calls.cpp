// Checksum helpers (net/core/filter.c, include/net/checksum.h): Internet checksums (RFC 1071), kept
// in network byte order as the packet has them.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/maps/attributes.h"
#include "helpers/packet_bytes.h"
#include "helpers/require.h"

namespace bpftwin::calls {
namespace {

/// BPF_F_HDR_FIELD_MASK: how wide `from` and `to` are; 0: `to` is a difference by csum_diff.
constexpr std::uint64_t width_mask = 0xf;
namespace l4_flag {
constexpr std::uint64_t pseudo_header = 0x10;   // Matters to hardware checksums only.
constexpr std::uint64_t mark_mangled_0 = 0x20;  // UDP: 0 is "no checksum", 0xffff stands for 0.
constexpr std::uint64_t mark_enforce = 0x40;
constexpr std::uint64_t ipv6 = 0x80;
constexpr std::uint64_t all = pseudo_header | mark_mangled_0 | mark_enforce | ipv6 | width_mask;
}  // namespace l4_flag

/// One's complement sum of 32-bit words.
std::uint32_t add(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t sum = std::uint64_t{a} + b;
    return static_cast<std::uint32_t>(sum) + static_cast<std::uint32_t>(sum >> 32);
}

/// The same sum in 16 bits.
std::uint16_t fold(std::uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum + (sum >> 16));
}

std::uint32_t sum_of(const void* from, std::uint32_t size, std::uint32_t seed) {
    const auto* bytes = static_cast<const std::byte*>(from);
    for (std::uint32_t at = 0; at < size; at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes + at, std::min(size - at, 4U));
        seed = add(seed, word);
    }
    return seed;
}

std::uint16_t load(const std::byte* field) {
    std::uint16_t value = 0;
    std::memcpy(&value, field, sizeof value);
    return value;
}

void store(std::byte* field, std::uint16_t value) { std::memcpy(field, &value, sizeof value); }

/// The checksum after `from` became `to` somewhere under it.
std::uint16_t replaced(std::uint16_t checksum, std::uint32_t from, std::uint32_t to) {
    const std::uint32_t sum = ~std::uint32_t{checksum};
    return static_cast<std::uint16_t>(~fold(add(add(sum, ~from), to)));
}

/// The checksum after what is under it changed by `difference`.
std::uint16_t shifted(std::uint16_t checksum, std::uint32_t difference) {
    return static_cast<std::uint16_t>(~fold(add(difference, ~std::uint32_t{checksum})));
}

/// Replaces the checksum at `field` by the width in `flags`. @return 0 or -EINVAL.
long replace(std::byte* field, std::uint64_t from, std::uint64_t to, std::uint64_t flags) {
    const std::uint16_t old = load(field);
    switch (flags & width_mask) {
        case 0:
            if (from != 0) return -EINVAL;
            store(field, shifted(old, static_cast<std::uint32_t>(to)));
            return 0;
        case 2:
            store(field,
                  replaced(old, static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to)));
            return 0;
        case 4:
            store(field,
                  replaced(old, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)));
            return 0;
        default: return -EINVAL;
    }
}

/// The 16-bit field at `offset`, or null.
std::byte* checksum_field(const Packet& packet, std::uint32_t offset) {
    if (offset > 0xffff || offset % 2 != 0) return nullptr;
    return packet_bytes(packet, offset, 2);
}

}  // namespace

long csum_diff(Runtime& runtime, const void* from, std::uint32_t from_size, const void* to,
               std::uint32_t to_size, std::uint32_t seed) {
    if (!require_memory(runtime, from, from_size) || !require_memory(runtime, to, to_size))
        return 0;
    const std::uint32_t added = sum_of(to, to_size, seed);
    return fold(from_size != 0 ? add(added, ~sum_of(from, from_size, 0)) : added);
}

long csum_update(Runtime&, Packet&, std::uint32_t) { return -enotsupp; }

long csum_level(Runtime&, Packet& packet, std::uint64_t what) {
    enum : std::uint64_t { query, increment, decrement, reset };  // BPF_CSUM_LEVEL_*.
    constexpr std::uint8_t largest = 3;                           // SKB_MAX_CSUM_LEVEL.
    auto& level = packet.skb().checksum_level;
    switch (what) {
        case query: return level ? *level : -EACCES;
        case increment:
            level = level ? std::min<std::uint8_t>(*level + 1, largest) : std::uint8_t{0};
            return 0;
        case decrement:
            if (level && *level == 0)
                level.reset();
            else if (level)
                --*level;
            return 0;
        case reset: level.reset(); return 0;
        default: return -EINVAL;
    }
}

long l3_csum_replace(Runtime&, Packet& packet, std::uint32_t offset, std::uint64_t from,
                     std::uint64_t to, std::uint64_t flags) {
    if ((flags & ~width_mask) != 0) return -EINVAL;
    std::byte* field = checksum_field(packet, offset);
    return field ? replace(field, from, to, flags) : -EFAULT;
}

long l4_csum_replace(Runtime&, Packet& packet, std::uint32_t offset, std::uint64_t from,
                     std::uint64_t to, std::uint64_t flags) {
    if ((flags & ~l4_flag::all) != 0) return -EINVAL;
    std::byte* field = checksum_field(packet, offset);
    if (!field) return -EFAULT;
    const bool mangled_0 = (flags & l4_flag::mark_mangled_0) != 0;
    const bool enforce = (flags & l4_flag::mark_enforce) != 0;
    if (mangled_0 && !enforce && load(field) == 0) return 0;
    if (const long error = replace(field, from, to, flags)) return error;
    if (mangled_0 && load(field) == 0) store(field, 0xffff);
    return 0;
}

}  // namespace bpftwin::calls
