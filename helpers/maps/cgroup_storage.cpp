#include "helpers/maps/cgroup_storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/maps/type_info.h"

namespace bpftwin {

Result<std::unique_ptr<Map>> CgroupStorage::create(const MapSpec& spec, std::uint32_t cpu_count,
                                                   const ValueFields& fields) {
    const bool per_cpu = map_type_info(spec.type)->per_cpu;
    auto values = Slab::create(std::uint64_t{most_places} * (per_cpu ? cpu_count : 1),
                               ValueLayout(spec.value_size, fields).stride());
    if (!values) return std::unexpected(values.error());
    return std::unique_ptr<Map>(
        new CgroupStorage(spec, cpu_count, fields, per_cpu, std::move(*values)));
}

CgroupStorage::CgroupStorage(const MapSpec& spec, std::uint32_t cpu_count,
                             const ValueFields& fields, bool per_cpu, Slab values)
    : Map(spec, cpu_count, fields),
      per_cpu_(per_cpu),
      copies_(per_cpu ? cpu_count : 1),
      layout_(spec.value_size, fields),
      values_(std::move(values)) {}

CgroupStorage::Place CgroupStorage::place_in(const void* key) const {
    Place place{};
    std::memcpy(&place.cgroup, key, sizeof place.cgroup);
    if (has_attach_types())
        std::memcpy(&place.attach_type, static_cast<const std::byte*>(key) + sizeof place.cgroup,
                    sizeof place.attach_type);
    return place;
}

std::size_t CgroupStorage::find(const Place& place) const {
    return static_cast<std::size_t>(std::ranges::find(places_, place) - places_.begin());
}

void* CgroupStorage::value_of(std::uint64_t cgroup, std::uint32_t attach_type, std::uint32_t cpu) {
    if (!per_cpu_) cpu = 0;
    if (cpu >= copies_) return nullptr;
    const Place place{cgroup, has_attach_types() ? attach_type : 0};
    const std::lock_guard guard(mutex_);
    const std::size_t number = find(place);
    if (number == most_places) return nullptr;
    if (number == places_.size()) places_.push_back(place);
    return value(number, cpu);
}

long CgroupStorage::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EINVAL;
}

long CgroupStorage::delete_elem(const void*) { return -EINVAL; }

long CgroupStorage::next_key(const void* key, void* next) {
    const std::lock_guard guard(mutex_);
    const std::size_t number = key ? find(place_in(key)) : places_.size();
    if ((key && number == places_.size()) || number == 0) return -ENOENT;
    const Place& found = places_[number - 1];
    std::memset(next, 0, spec().key_size);
    std::memcpy(next, &found.cgroup, sizeof found.cgroup);
    if (has_attach_types())
        std::memcpy(static_cast<std::byte*>(next) + sizeof found.cgroup, &found.attach_type,
                    sizeof found.attach_type);
    return 0;
}

std::vector<Region> CgroupStorage::regions() const {
    return {value_region(values_.begin(), values_.bytes(), layout_.stride())};
}

long CgroupStorage::copy_out(const void* key, std::span<Bytes> values) {
    const std::lock_guard guard(mutex_);
    const std::size_t number = find(place_in(key));
    if (number == places_.size()) return -ENOENT;
    for (std::uint32_t cpu = 0; cpu < copies_; ++cpu)
        layout_.load(value(number, cpu), values[cpu].data());
    return 0;
}

long CgroupStorage::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    const bool lock = !is_per_cpu() && (flags & update_flag::lock) != 0;
    if ((flags & ~(update_flag::exist | (lock ? update_flag::lock : 0))) != 0) return -EINVAL;
    if (lock && !layout_.has_spin_lock()) return -EINVAL;
    const std::lock_guard guard(mutex_);
    const std::size_t number = find(place_in(key));
    if (number == places_.size()) return -ENOENT;
    if (lock) return layout_.store_locked(value(number, 0), values.front().data());
    for (std::uint32_t cpu = 0; cpu < copies_; ++cpu)
        layout_.store(value(number, cpu), values[cpu].data());
    return 0;
}

}  // namespace bpftwin
