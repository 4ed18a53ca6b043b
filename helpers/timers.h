// Timers and work queues in map values (bpf_timer_* and bpf_wq_* in kernel/bpf/helpers.c). Nothing
// here runs by itself: what is due calls back when a program's run has ended, in the order of its
// time, as far as the run's input lets time pass (`RunInput::elapse_ns`).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>

namespace bpftwin {

class Map;
class Runtime;
struct ProgramSpec;

/// The timers of the maps of an instance, by the addresses of their fields. Thread-safe.
class TimerTable {
public:
    /// A timer whose time has come.
    struct Due {
        std::uint64_t place;
        std::uint64_t value;  ///< Address of the value that it is in.
        Map* map;
        std::uint64_t callback;
        std::uint64_t at;  ///< Nanoseconds since boot.
    };

    /// @param offset of the field in its value. @return 0, or -EBUSY where there is one already.
    long create(std::uint64_t place, Map& map, std::uint32_t offset, int clock);
    /// @return 0, or -EINVAL where there is none.
    long set_callback(std::uint64_t place, const ProgramSpec& program, std::uint64_t callback);
    /// The clock of a timer that has a callback.
    [[nodiscard]] std::optional<int> clock_of(std::uint64_t place) const;
    /// Makes it due at a time, instead of any other. Only where `clock_of` gives something.
    void start(std::uint64_t place, std::uint64_t at);
    /// Takes its callback away. @return whether it was to be called, -EINVAL where there is none,
    /// -EDEADLK from the callback itself.
    long cancel(std::uint64_t place);
    /// The value ends.
    void erase(std::uint64_t place);
    /// No callback of these programs is called any more.
    void forget(std::span<const ProgramSpec> programs);

    /// The first one of the program that is due by then; it counts as called back until `end_call`.
    std::optional<Due> begin_call(const ProgramSpec& program, std::uint64_t until);
    void end_call();

private:
    struct Timer {
        Map* map;
        std::uint32_t offset;
        int clock;
        const ProgramSpec* program = nullptr;  ///< Of the callback; null: it has none.
        std::uint64_t callback = 0;
        std::optional<std::uint64_t> at = {};
    };
    void stop(std::uint64_t place, Timer& timer);

    mutable std::mutex mutex_;
    std::map<std::uint64_t, Timer> timers_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> queue_;  ///< Time and place.
    std::uint64_t running_ = 0;                                ///< Place of the one called back.
};

/// Lets so much time pass after a program's end and calls back what is due meanwhile. A million
/// calls at most: then the program is stopped.
void run_timers(Runtime& runtime, std::uint64_t elapse_ns);

}  // namespace bpftwin
