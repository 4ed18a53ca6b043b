// Ranges of a packet by offset from its data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "vm/packet.h"

namespace bpftwin {

/// The `size` bytes at `offset`, or null where they do not lie in the packet. Offsets from 2^31 are
/// negative ones to the kernel and never do.
inline std::byte* packet_bytes(const Packet& packet, std::uint32_t offset, std::uint32_t size) {
    constexpr std::uint32_t largest = std::numeric_limits<std::int32_t>::max();
    if (offset > largest || std::uint64_t{offset} + size > packet.size()) return nullptr;
    return reinterpret_cast<std::byte*>(std::uint64_t{packet.data()} + offset);
}

}  // namespace bpftwin
