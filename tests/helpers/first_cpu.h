// A thread that stays on one CPU.
#pragma once

#include <sched.h>

namespace bpftwin::test {

/// Kept on CPU 0, whose LRU lists are then used as ours of CPU 0.
class OnFirstCpu {
public:
    OnFirstCpu() {
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t first;
        CPU_ZERO(&first);
        CPU_SET(0, &first);
        sched_setaffinity(0, sizeof first, &first);
    }
    ~OnFirstCpu() { sched_setaffinity(0, sizeof before_, &before_); }
    OnFirstCpu(const OnFirstCpu&) = delete;
    OnFirstCpu& operator=(const OnFirstCpu&) = delete;

private:
    cpu_set_t before_;
};

}  // namespace bpftwin::test
