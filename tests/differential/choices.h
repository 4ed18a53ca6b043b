// Random choices, the same for the same seed on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

namespace bpftwin::differential {

/// A stream of choices. SplitMix64 (Steele, Lea, Flood 2014): neighbouring seeds are unrelated.
class Choices {
public:
    explicit Choices(std::uint64_t seed) : state_(seed) {}
    /// The bytes decide the first choices, one each; a seed of their number decides the rest.
    explicit Choices(std::span<const std::uint8_t> bytes) : state_(bytes.size()), bytes_(bytes) {}

    std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        z ^= z >> 31;
        return bytes_.empty() ? z : given(z);
    }

    /// A number below `end`, which is at least 1 and fits 32 bits.
    std::uint32_t below(std::uint64_t end) {
        return static_cast<std::uint32_t>((bits() >> 32) * end >> 32);
    }
    std::int64_t between(std::int64_t first, std::int64_t last) {
        return first + below(static_cast<std::uint64_t>(last - first) + 1);
    }
    bool percent(unsigned chance) { return below(100) < chance; }

    /// One of a range that is not empty.
    template <class Range>
    const auto& of(const Range& all) {
        return all[below(std::size(all))];
    }

    /// A 32-bit number, most often one at which arithmetic goes wrong.
    std::int32_t edge32();
    /// The same of 64 bits.
    std::uint64_t edge64();

private:
    std::uint64_t given(std::uint64_t rest);

    std::uint64_t state_;
    std::span<const std::uint8_t> bytes_;
};

}  // namespace bpftwin::differential
