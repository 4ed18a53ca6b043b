#include "helpers/maps/prog_array.h"

#include <cerrno>

namespace bpftwin {

Result<std::unique_ptr<Map>> ProgArray::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto slots = create_slots(spec);
    if (!slots) return std::unexpected(slots.error());
    return std::unique_ptr<Map>(new ProgArray(spec, cpu_count, std::move(*slots)));
}

long ProgArray::put(std::uint32_t index, std::uint32_t program) {
    if (index >= max_entries()) return -E2BIG;
    exchange(index, std::uint64_t{program} + 1);
    return 0;
}

long ProgArray::copy_out(const void* key, std::span<Bytes> values) {
    const auto id = static_cast<std::uint32_t>(slot(word(key)));
    if (id == 0) return -ENOENT;
    std::memcpy(values.front().data(), &id, sizeof id);
    return 0;
}

long ProgArray::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const std::uint32_t index = word(key);
    const std::uint32_t id = word(values.front().data());
    if (const long error = check_update(index, flags); error != 0) return error;
    if (id == 0 || id > programs_) return -EBADF;
    return put(index, id - 1);
}

}  // namespace bpftwin
