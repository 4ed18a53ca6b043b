// A `World` while a program runs in it: the clock advances, random numbers are drawn.
#pragma once

#include <cstdint>

#include "bpftwin/run.h"

namespace bpftwin {

/// One run's (or one series of runs') view of the world. Not shared between threads.
class LiveWorld {
public:
    explicit LiveWorld(const World& world);

    [[nodiscard]] const World& world() const { return world_; }
    /// Nanoseconds since boot without suspend (CLOCK_MONOTONIC), or the fixed clock.
    std::uint64_t ktime_ns();
    /// Including suspend (CLOCK_BOOTTIME), or the fixed clock.
    std::uint64_t ktime_boot_ns();
    /// International atomic time (CLOCK_TAI), or the fixed clock.
    std::uint64_t ktime_tai_ns();
    std::uint32_t random_u32();

private:
    std::uint64_t time_of(int clock);

    World world_;
    std::uint64_t random_state_;
};

}  // namespace bpftwin
