// Timers (kernel/bpf/helpers.c).
#include <cerrno>
#include <ctime>
#include <limits>

#include "helpers/calls.h"
#include "helpers/kfunc_calls.h"
#include "helpers/map.h"
#include "helpers/object_heap.h"
#include "helpers/require.h"
#include "helpers/timers.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

enum : std::uint64_t { absolute = 1, pinned = 2 };  // BPF_F_TIMER_ABS, BPF_F_TIMER_CPU_PIN.

/// The table, or null with the program stopped.
TimerTable* require_timers(Runtime& runtime) {
    if (runtime.heap()) return &runtime.heap()->timers();
    refuse_argument(runtime, "there are no timers outside of an instance's runs");
    return nullptr;
}

/// Where in the map's values the field is that `place` is an address of, or nothing with the
/// program stopped: only programs that no verifier saw come with another address.
std::optional<std::uint32_t> require_field(Runtime& runtime, const Map& map, std::uint64_t place,
                                           FieldKind kind) {
    for (const SpecialField& field : map.fields().others)
        if (field.kind == kind && map.key_of(reinterpret_cast<const void*>(place - field.offset)))
            return field.offset;
    refuse_argument(runtime, "it is not of a value of that map");
    return std::nullopt;
}

long create(Runtime& runtime, std::uint64_t place, Map& map, FieldKind kind, int clock) {
    TimerTable* timers = require_timers(runtime);
    if (!timers) return 0;
    const auto offset = require_field(runtime, map, place, kind);
    return offset ? timers->create(place, map, *offset, clock) : 0;
}

long set_callback(Runtime& runtime, std::uint64_t place, std::uint64_t callback) {
    TimerTable* timers = require_timers(runtime);
    return timers ? timers->set_callback(place, runtime.program(), callback) : 0;
}

/// What a time of that clock is on the clock since boot.
std::uint64_t since_boot(Runtime& runtime, int clock, std::uint64_t time) {
    const std::uint64_t there = runtime.world().now_ns(clock);
    const std::uint64_t here = runtime.world().now_ns();
    return time <= there ? here : here + (time - there);
}

std::uint64_t later(std::uint64_t now, std::uint64_t by) {
    constexpr std::uint64_t latest = std::numeric_limits<std::int64_t>::max();  // KTIME_MAX.
    return by > latest - now ? latest : now + by;
}

}  // namespace

namespace calls {

long timer_init(Runtime& runtime, std::uint64_t timer, Map& map, std::uint64_t flags) {
    if (flags != CLOCK_MONOTONIC && flags != CLOCK_REALTIME && flags != CLOCK_BOOTTIME)
        return -EINVAL;
    return create(runtime, timer, map, FieldKind::timer, static_cast<int>(flags));
}

long timer_set_callback(Runtime& runtime, std::uint64_t timer, std::uint64_t callback) {
    return set_callback(runtime, timer, callback);
}

long timer_start(Runtime& runtime, std::uint64_t timer, std::uint64_t nanoseconds,
                 std::uint64_t flags) {
    if ((flags & ~(absolute | pinned)) != 0) return -EINVAL;
    TimerTable* timers = require_timers(runtime);
    const auto clock = timers ? timers->clock_of(timer) : std::nullopt;
    if (!clock) return -EINVAL;
    timers->start(timer, (flags & absolute) != 0 ? since_boot(runtime, *clock, nanoseconds)
                                                 : later(runtime.world().now_ns(), nanoseconds));
    return 0;
}

long timer_cancel(Runtime& runtime, std::uint64_t timer) {
    TimerTable* timers = require_timers(runtime);
    return timers ? timers->cancel(timer) : 0;
}

}  // namespace calls

namespace kfuncs {

int bpf_wq_init(Runtime& runtime, std::uint64_t queue, std::uint64_t map, std::uint32_t flags) {
    if (flags != 0) return -EINVAL;
    if (!runtime.knows_map(map)) {
        refuse_argument(runtime, "argument 2 is not a map");
        return 0;
    }
    return static_cast<int>(create(runtime, queue, *reinterpret_cast<Map*>(map),
                                   FieldKind::workqueue, CLOCK_MONOTONIC));
}

int bpf_wq_set_callback_impl(Runtime& runtime, std::uint64_t queue, std::uint64_t callback,
                             std::uint32_t flags, std::uint64_t) {
    return flags != 0 ? -EINVAL : static_cast<int>(set_callback(runtime, queue, callback));
}

int bpf_wq_start(Runtime& runtime, std::uint64_t queue, std::uint32_t flags) {
    TimerTable* timers = flags == 0 ? require_timers(runtime) : nullptr;
    if (!timers || !timers->clock_of(queue)) return -EINVAL;
    timers->start(queue, runtime.world().now_ns());
    return 0;
}

}  // namespace kfuncs
}  // namespace bpftwin
