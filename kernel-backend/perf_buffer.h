// User space's side of BPF_MAP_TYPE_PERF_EVENT_ARRAY: one perf event per CPU with a ring of samples
// (perf_event_open(2), PERF_COUNT_SW_BPF_OUTPUT).
#pragma once

#include <vector>

#include "kernel-backend/kernel.h"
#include "kernel-backend/mapping.h"

namespace bpftwin::kernel {

/// The rings behind one map, which close with this. Moves only.
class PerfBuffers {
public:
    /// One for each CPU that is on line and has a slot in the map.
    static Result<PerfBuffers> open(Kernel& kernel, int map);
    PerfBuffers(PerfBuffers&&) = default;
    PerfBuffers& operator=(PerfBuffers&&) = default;
    ~PerfBuffers() = default;

    /// What is there, CPU by CPU, which then is no longer.
    std::vector<Kernel::PerfRecord> take();

private:
    struct Ring {
        std::uint32_t cpu;
        Descriptor event;
        Mapping memory;
    };
    PerfBuffers() = default;
    static Result<Ring> open_ring(Kernel& kernel, int map, std::uint32_t cpu);

    std::vector<Ring> rings_;
};

}  // namespace bpftwin::kernel
