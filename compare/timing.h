// What measuring needs of the machine: one CPU to itself, and how fine its clock is.
#pragma once

#include <memory>
#include <optional>

namespace bpftwin::compare {

/// Keeps the calling thread on one CPU, the one it is on or that of a number, as long as it lives;
/// then it may run where it could before.
class Pin {
public:
    explicit Pin(std::optional<unsigned> cpu = {});
    ~Pin();
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

    /// The CPU; nothing where the system does not let the thread be pinned to it.
    [[nodiscard]] std::optional<unsigned> cpu() const { return cpu_; }

private:
    struct Mask;

    std::unique_ptr<Mask> before_;
    std::optional<unsigned> cpu_;
};

/// How often the system took the CPU away from the calling thread so far.
long preemptions();

/// Nanoseconds below which two times cannot be told apart: what reading the clock takes, or the
/// least step between two readings if that is more. Takes a few hundred microseconds.
double clock_resolution_ns();

}  // namespace bpftwin::compare
