// perf_event_array: where bpf_perf_event_output sends records (kernel/bpf/arraymap.c).
#pragma once

#include <memory>

#include "helpers/maps/slot_map.h"

namespace bpftwin {

/// Slots tell whether an event is open. As after libbpf's perf_buffer__new, the slot of every CPU
/// is at first; user space closes one by deleting it and opens one by any update. The records
/// themselves go straight to the run's events.
class PerfEventArray final : public SlotMap {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// What bpf_perf_event_output returns before it writes: 0, -E2BIG for an index out of range,
    /// -ENOENT for a closed slot, -EOPNOTSUPP for an event of another CPU.
    [[nodiscard]] long check_output(std::uint64_t index, std::uint32_t cpu) const;

protected:
    /// User space cannot read these slots: -ENOTSUPP.
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    PerfEventArray(const MapSpec& spec, std::uint32_t cpu_count, Slab slots);
};

}  // namespace bpftwin
