// A `World` while a program runs in it: the clock advances, random numbers are drawn.
#pragma once

#include <cstdint>
#include <ctime>
#include <span>

#include "bpftwin/run.h"

namespace bpftwin {

/// Ids of the task's cgroup and that one's ancestors, the root's first: as the world says, or of
/// this process (the unified hierarchy).
std::span<const std::uint64_t> cgroups_of(const Task& task);
/// Device and inode of the task's PID namespace: as the world says, or of this process.
struct NamespaceId {
    std::uint64_t dev, ino;
};
NamespaceId pid_namespace_of(const Task& task);

/// One run's (or one series of runs') view of the world. Not shared between threads.
class LiveWorld {
public:
    explicit LiveWorld(const World& world);

    [[nodiscard]] const World& world() const { return world_; }
    [[nodiscard]] std::span<const std::uint64_t> cgroups() const { return cgroups_of(world_.task); }
    /// The program runs as that task.
    void become(const Task& task) { world_.task = task; }
    /// Nanoseconds since boot without suspend (CLOCK_MONOTONIC), or the fixed clock.
    std::uint64_t ktime_ns();
    /// Including suspend (CLOCK_BOOTTIME), or the fixed clock.
    std::uint64_t ktime_boot_ns();
    /// International atomic time (CLOCK_TAI), or the fixed clock.
    std::uint64_t ktime_tai_ns();
    std::uint32_t random_u32();

    /// The time since boot, or of another clock, without the step of a fixed one.
    [[nodiscard]] std::uint64_t now_ns(int clock = CLOCK_MONOTONIC) const;
    /// Lets time pass until then; it does not go back.
    void advance_to(std::uint64_t ns_since_boot);

private:
    std::uint64_t time_of(int clock);

    World world_;
    std::uint64_t passed_ns_ = 0;  ///< What real clocks are ahead by.
    std::uint64_t random_state_;
};

}  // namespace bpftwin
