#include "helpers/maps/target_array.h"

#include <cerrno>

#include "helpers/maps/attributes.h"

namespace bpftwin {
namespace {

constexpr std::uint32_t max_queue_size = 16384;
// A socket's slot: its queue may be 0, so the upper half says that there is one.
constexpr std::uint64_t socket_present = std::uint64_t{1} << 32;

}  // namespace

TargetValue target_value(const Bytes& value) {
    TargetValue result{};
    std::memcpy(&result, value.data(), value.size() < sizeof result ? value.size() : sizeof result);
    return result;
}

Result<std::unique_ptr<Map>> TargetArray::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto slots = create_slots(spec);
    if (!slots) return std::unexpected(slots.error());
    return std::unique_ptr<Map>(new TargetArray(spec, cpu_count, std::move(*slots)));
}

void* TargetArray::lookup_elem(const void* key, std::uint32_t) {
    const std::uint32_t index = word(key);
    return slot(index) != 0 ? slots().as<std::uint64_t>() + index : nullptr;
}

long TargetArray::delete_elem(const void* key) {
    const std::uint32_t index = word(key);
    if (index >= max_entries()) return -EINVAL;
    exchange(index, 0);
    return 0;
}

std::vector<Region> TargetArray::regions() const {
    Region region = value_region(slots().begin(), slots().bytes(), sizeof(std::uint64_t));
    region.writable = false;
    return {region};
}

long TargetArray::copy_out(const void* key, std::span<Bytes> values) {
    if (spec().type == MapType::xskmap) return -EOPNOTSUPP;
    const std::uint64_t content = slot(word(key));
    if (content == 0) return -ENOENT;
    std::memcpy(values.front().data(), &content, values.front().size());
    return 0;
}

long TargetArray::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const std::uint32_t index = word(key);
    if (flags > update_flag::exist) return -EINVAL;
    if (index >= max_entries()) return -E2BIG;
    if (spec().type == MapType::xskmap) return put_socket(index, flags);
    if (flags == update_flag::noexist) return -EEXIST;
    return spec().type == MapType::devmap ? put_device(index, values.front())
                                          : put_cpu(index, values.front());
}

long TargetArray::put_device(std::uint32_t index, const Bytes& value) {
    const auto [ifindex, program] = target_value(value);
    if (program > 0) return -EINVAL;
    exchange(index, ifindex);
    return 0;
}

long TargetArray::put_cpu(std::uint32_t index, const Bytes& value) {
    const auto [queue_size, program] = target_value(value);
    if (queue_size > max_queue_size) return -EOVERFLOW;
    if (index >= cpu_count()) return -ENODEV;
    if (queue_size != 0 && program > 0) return -ENOMEM;
    exchange(index, queue_size);
    return 0;
}

long TargetArray::put_socket(std::uint32_t index, std::uint64_t flags) {
    const bool present = slot(index) != 0;
    if (present && flags == update_flag::noexist) return -EEXIST;
    if (!present && flags == update_flag::exist) return -ENOENT;
    exchange(index, socket_present | index);
    return 0;
}

}  // namespace bpftwin
