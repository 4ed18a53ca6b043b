#include "tests/differential/choices.h"

#include <array>

namespace bpftwin::differential {
namespace {

/// Small numbers, shift counts, and where sizes end.
constexpr auto edges = std::to_array<std::int64_t>({
    0,           1,
    2,           3,
    4,           7,
    8,           15,
    16,          31,
    32,          33,
    63,          64,
    65,          127,
    128,         255,
    256,         0x7fff,
    0x8000,      0xffff,
    0x10000,     0x7fffffff,
    0x80000000,  0x80000001,
    0xffffffff,  0x100000000,
    0x100000001, 0x01020304,
    0x0f0f0f0f,  0x00ff00ff,
    0x55555555,  0x7fffffffffffffff,
});

}  // namespace

/// The next byte stands where `below` looks first.
std::uint64_t Choices::given(std::uint64_t rest) {
    const std::uint64_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte << 56 | rest >> 8;
}

std::uint64_t Choices::edge64() {
    switch (below(6)) {
        case 0:
        case 1: return static_cast<std::uint64_t>(of(edges));
        case 2: return std::uint64_t{0} - static_cast<std::uint64_t>(of(edges));
        case 3: return (std::uint64_t{1} << below(64)) + static_cast<std::uint64_t>(between(-1, 1));
        case 4: return bits() >> below(64);
        default: return bits();
    }
}

std::int32_t Choices::edge32() { return static_cast<std::int32_t>(edge64()); }

}  // namespace bpftwin::differential
