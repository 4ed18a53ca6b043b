#include "helpers/maps/perf_event_array.h"

#include <algorithm>
#include <cerrno>

#include "helpers/maps/attributes.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t open_event = 1;

}  // namespace

Result<std::unique_ptr<Map>> PerfEventArray::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto slots = create_slots(spec);
    if (!slots) return std::unexpected(slots.error());
    return std::unique_ptr<Map>(new PerfEventArray(spec, cpu_count, std::move(*slots)));
}

PerfEventArray::PerfEventArray(const MapSpec& spec, std::uint32_t cpu_count, Slab slots)
    : SlotMap(spec, cpu_count, std::move(slots)) {
    for (std::uint32_t cpu = 0; cpu < std::min(cpu_count, spec.max_entries); ++cpu)
        exchange(cpu, open_event);
}

long PerfEventArray::check_output(std::uint64_t index, std::uint32_t cpu) const {
    if (index >= max_entries()) return -E2BIG;
    if (slot(index) == 0) return -ENOENT;
    return index == cpu ? 0 : -EOPNOTSUPP;
}

long PerfEventArray::copy_out(const void*, std::span<Bytes>) { return -enotsupp; }

long PerfEventArray::copy_in(const void* key, std::span<const Bytes>, std::uint64_t flags) {
    const std::uint32_t index = word(key);
    if (const long error = check_update(index, flags); error != 0) return error;
    exchange(index, open_event);
    return 0;
}

}  // namespace bpftwin
