// Input data of the benchmark programs: pseudo-random but the same in every run of the suite.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bpftwin/error.h"

namespace bpftwin::bench {

enum class InputKind : std::uint8_t {
    bytes,    ///< Random bytes.
    sorted,   ///< Ascending 32-bit words.
    text,     ///< Lines of words, numbers and quoted strings.
    packets,  ///< Ethernet frames in slots of 64 bytes: TCP, UDP and other, IPv4, IPv6 and other.
};

/// `size` bytes of that kind, a multiple of 64; another `seed` gives another input.
Bytes make_input(InputKind kind, std::size_t size, std::uint32_t seed);

}  // namespace bpftwin::bench
