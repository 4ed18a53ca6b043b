#include "helpers/maps/device_hash.h"

#include <cerrno>
#include <cstring>

#include "helpers/maps/target_array.h"

namespace bpftwin {

Result<std::unique_ptr<Map>> DeviceHash::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto devices = HashMap::create(spec, cpu_count, {});
    if (!devices) return std::unexpected(devices.error());
    return std::unique_ptr<Map>(new DeviceHash(spec, cpu_count, std::move(*devices)));
}

void* DeviceHash::lookup_elem(const void* key, std::uint32_t cpu) {
    return devices_->lookup_elem(key, cpu);
}

long DeviceHash::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EOPNOTSUPP;
}

long DeviceHash::delete_elem(const void* key) { return devices_->delete_elem(key); }

long DeviceHash::next_key(const void* key, void* next) { return devices_->next_key(key, next); }

std::vector<Region> DeviceHash::regions() const {
    std::vector<Region> regions = devices_->regions();
    for (Region& region : regions) region.writable = false;
    return regions;
}

long DeviceHash::copy_out(const void* key, std::span<Bytes> values) {
    const void* value = devices_->lookup_elem(key, 0);
    if (!value) return -ENOENT;
    copy_from_map(values.front().data(), static_cast<const std::byte*>(value),
                  values.front().size());
    return 0;
}

long DeviceHash::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    Bytes value = values.front();
    const auto [ifindex, program] = target_value(value);
    if (flags > update_flag::exist || ifindex == 0 || program > 0) return -EINVAL;
    // Readers see "no program" as id 0, however user space said it.
    std::memset(value.data() + sizeof ifindex, 0, value.size() - sizeof ifindex);
    // The kernel does not ask for an existing key on BPF_EXIST here.
    const auto known = flags == update_flag::noexist ? flags : update_flag::any;
    return devices_->update_elem(key, value.data(), known, 0);
}

}  // namespace bpftwin
