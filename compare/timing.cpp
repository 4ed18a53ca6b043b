#include "compare/timing.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace bpftwin::compare {

struct Pin::Mask {
    cpu_set_t cpus;
};

Pin::Pin(std::optional<unsigned> cpu) : before_(std::make_unique<Mask>()) {
    const int here = cpu ? static_cast<int>(*cpu) : sched_getcpu();
    if (here < 0 || here >= CPU_SETSIZE) return;
    if (sched_getaffinity(0, sizeof(cpu_set_t), &before_->cpus) != 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(here), &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) cpu_ = static_cast<unsigned>(here);
}

Pin::~Pin() {
    if (cpu_) sched_setaffinity(0, sizeof(cpu_set_t), &before_->cpus);
}

long preemptions() {
    rusage usage{};
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

double clock_resolution_ns() {
    using Clock = std::chrono::steady_clock;
    using Nanoseconds = std::chrono::duration<double, std::nano>;
    constexpr int readings = 10'000;
    double least_step = std::numeric_limits<double>::infinity();
    const auto begin = Clock::now();
    auto last = begin;
    for (int i = 0; i < readings; ++i) {
        const auto now = Clock::now();
        if (now != last) least_step = std::min(least_step, Nanoseconds(now - last).count());
        last = now;
    }
    return std::max(Nanoseconds(last - begin).count() / readings, least_step);
}

}  // namespace bpftwin::compare
