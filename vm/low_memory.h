// Memory below 4 GiB, whose addresses fit into 32 bits.
#pragma once

#include <cstdint>

namespace bpftwin {

/// Maps `size` zero bytes, a multiple of 64 KiB, below 4 GiB. @param protection as of mmap(2).
/// @return their address, or 0 if so much is free nowhere there.
std::uint64_t map_low(std::uint64_t size, int protection);

}  // namespace bpftwin
