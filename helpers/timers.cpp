#include "helpers/timers.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "bpftwin/spec.h"
#include "helpers/map.h"
#include "helpers/object_heap.h"
#include "helpers/visible_key.h"
#include "vm/runtime.h"

namespace bpftwin {

long TimerTable::create(std::uint64_t place, Map& map, std::uint32_t offset, int clock) {
    const std::lock_guard guard(mutex_);
    const bool is_new =
        timers_.try_emplace(place, Timer{.map = &map, .offset = offset, .clock = clock}).second;
    return is_new ? 0 : -EBUSY;
}

long TimerTable::set_callback(std::uint64_t place, const ProgramSpec& program,
                              std::uint64_t callback) {
    const std::lock_guard guard(mutex_);
    const auto found = timers_.find(place);
    if (found == timers_.end()) return -EINVAL;
    found->second.program = &program;
    found->second.callback = callback;
    return 0;
}

std::optional<int> TimerTable::clock_of(std::uint64_t place) const {
    const std::lock_guard guard(mutex_);
    const auto found = timers_.find(place);
    if (found == timers_.end() || !found->second.program) return std::nullopt;
    return found->second.clock;
}

void TimerTable::start(std::uint64_t place, std::uint64_t at) {
    const std::lock_guard guard(mutex_);
    const auto found = timers_.find(place);
    if (found == timers_.end()) return;
    stop(place, found->second);
    found->second.at = at;
    queue_.emplace(at, place);
}

void TimerTable::stop(std::uint64_t place, Timer& timer) {
    if (timer.at) queue_.erase({*timer.at, place});
    timer.at.reset();
}

long TimerTable::cancel(std::uint64_t place) {
    const std::lock_guard guard(mutex_);
    const auto found = timers_.find(place);
    if (found == timers_.end()) return -EINVAL;
    if (place == running_) return -EDEADLK;
    const bool was_active = found->second.at.has_value();
    stop(place, found->second);
    found->second.program = nullptr;
    return was_active ? 1 : 0;
}

void TimerTable::erase(std::uint64_t place) {
    const std::lock_guard guard(mutex_);
    const auto found = timers_.find(place);
    if (found == timers_.end()) return;
    stop(place, found->second);
    timers_.erase(found);
}

void TimerTable::forget(std::span<const ProgramSpec> programs) {
    const std::lock_guard guard(mutex_);
    for (auto& [place, timer] : timers_) {
        const bool is_theirs = std::ranges::any_of(
            programs, [&](const ProgramSpec& program) { return &program == timer.program; });
        if (!is_theirs) continue;
        stop(place, timer);
        timer.program = nullptr;
    }
}

std::optional<TimerTable::Due> TimerTable::begin_call(const ProgramSpec& program,
                                                      std::uint64_t until) {
    const std::lock_guard guard(mutex_);
    for (const auto& [at, place] : queue_) {
        if (at > until) break;
        Timer& timer = timers_.at(place);
        if (timer.program != &program) continue;
        const Due due{place, place - timer.offset, timer.map, timer.callback, at};
        stop(due.place, timer);  // Which ends the entry that `place` is of.
        running_ = due.place;
        return due;
    }
    return std::nullopt;
}

void TimerTable::end_call() {
    const std::lock_guard guard(mutex_);
    running_ = 0;
}

void run_timers(Runtime& runtime, std::uint64_t elapse_ns) {
    constexpr unsigned most_calls = 1'000'000;
    TimerTable& timers = runtime.heap()->timers();
    LiveWorld& world = runtime.world();
    const std::uint64_t now = world.now_ns();
    const std::uint64_t end =
        now + std::min(elapse_ns, std::numeric_limits<std::uint64_t>::max() - now);
    for (unsigned calls = 0; !runtime.stopped(); ++calls) {
        const auto due = timers.begin_call(runtime.program(), end);
        if (!due) break;
        if (calls == most_calls)
            runtime.stop({.reason = "timers called back a million times, and more are due"});
        world.advance_to(due->at);
        if (const auto key = due->map->key_of(reinterpret_cast<const void*>(due->value));
            key && !runtime.stopped()) {
            const VisibleKey visible(runtime.memory(), *key, "key of a timer's value");
            runtime.call(due->callback, reinterpret_cast<std::uint64_t>(due->map),
                         visible.address(), due->value, 0, 0);
        }
        timers.end_call();
    }
    if (!runtime.stopped()) world.advance_to(end);
}

}  // namespace bpftwin
