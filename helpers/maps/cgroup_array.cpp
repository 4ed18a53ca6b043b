#include "helpers/maps/cgroup_array.h"

#include <cerrno>

#include "helpers/maps/attributes.h"

namespace bpftwin {

Result<std::unique_ptr<Map>> CgroupArray::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto slots = create_slots(spec);
    if (!slots) return std::unexpected(slots.error());
    return std::unique_ptr<Map>(new CgroupArray(spec, cpu_count, std::move(*slots)));
}

long CgroupArray::copy_out(const void*, std::span<Bytes>) { return -enotsupp; }

long CgroupArray::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const std::uint32_t index = word(key);
    if (const long error = check_update(index, flags); error != 0) return error;
    const std::uint32_t id = word(values.front().data());
    if (id == 0) return -EBADF;
    exchange(index, id);
    return 0;
}

}  // namespace bpftwin
