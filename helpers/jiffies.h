// The kernel's coarse clock (include/linux/jiffies.h).
#pragma once

#include <cstdint>
#include <limits>

namespace bpftwin::jiffies {

inline constexpr std::uint64_t per_second = 250;  // CONFIG_HZ of the distributions.

/// What it shows so many nanoseconds after the start.
constexpr std::uint64_t at(std::uint64_t ns_since_boot) {
    constexpr std::uint32_t at_boot = -300 * std::uint32_t{per_second};  // INITIAL_JIFFIES.
    return at_boot + ns_since_boot / (1'000'000'000 / per_second);
}

/// msecs_to_jiffies, where what is negative as an `int` lasts for ever; never more than INT_MAX.
constexpr std::uint32_t of_ms(std::uint32_t ms) {
    constexpr std::uint32_t most = std::numeric_limits<std::int32_t>::max();
    constexpr std::uint32_t ms_each = 1000 / per_second;
    return ms > most ? most : (ms + ms_each - 1) / ms_each;
}

}  // namespace bpftwin::jiffies
