// What measuring needs of the machine: one CPU to itself, and how fine its clock is.
#pragma once

#include <memory>
#include <optional>

namespace bpftwin::compare {

/// Keeps the calling thread on the CPU it is on, as long as it lives; then it may run where it
/// could before.
class Pin {
public:
    Pin();
    ~Pin();
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

    /// The CPU; nothing where the system does not let the thread be pinned.
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
