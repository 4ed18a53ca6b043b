#include "helpers/maps/cgroup_array.h"

#include <cerrno>

#include "helpers/maps/attributes.h"

namespace bpftwin {

Result<std::unique_ptr<Map>> CgroupArray::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto slots = create_slots(spec);
    if (!slots) return std::unexpected(slots.error());
    return std::unique_ptr<Map>(new CgroupArray(spec, cpu_count, std::move(*slots)));
}

long CgroupArray::put(std::uint32_t index, std::uint64_t cgroup) {
    if (index >= max_entries()) return -E2BIG;
    exchange(index, cgroup);
    return 0;
}

long CgroupArray::copy_out(const void*, std::span<Bytes>) { return -enotsupp; }

long CgroupArray::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const std::uint32_t index = word(key);
    const std::uint32_t cgroup = word(values.front().data());
    if (const long error = check_update(index, flags); error != 0) return error;
    return cgroup != 0 ? put(index, cgroup) : -EBADF;
}

}  // namespace bpftwin
