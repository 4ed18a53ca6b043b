#include "helpers/maps/array_map.h"

#include <cerrno>

#include "helpers/maps/type_info.h"
#include "helpers/touch.h"

namespace bpftwin {

Result<std::unique_ptr<Map>> ArrayMap::create(const MapSpec& spec, std::uint32_t cpu_count,
                                              const ValueFields& fields) {
    const bool per_cpu = map_type_info(spec.type)->per_cpu;
    const std::uint64_t values = std::uint64_t{spec.max_entries} * (per_cpu ? cpu_count : 1);
    auto slab = Slab::create(values, ValueLayout(spec.value_size, fields).stride());
    if (!slab) return std::unexpected(slab.error());
    return std::unique_ptr<Map>(new ArrayMap(spec, cpu_count, fields, per_cpu, std::move(*slab)));
}

ArrayMap::ArrayMap(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
                   bool per_cpu, Slab slab)
    : Map(spec, cpu_count, fields),
      slab_(std::move(slab)),
      layout_(spec.value_size, fields),
      max_entries_(spec.max_entries),
      cpu_stride_(per_cpu ? spec.max_entries * layout_.stride() : 0) {}

long ArrayMap::update_elem(const void* key, const void* value, std::uint64_t flags,
                           std::uint32_t cpu) {
    const std::uint32_t index = index_of(key);
    if ((flags & ~update_flag::lock) > update_flag::exist || !has_cpu(cpu)) return -EINVAL;
    if (index >= max_entries_) return -E2BIG;
    if ((flags & update_flag::noexist) != 0) return -EEXIST;
    const auto* bytes = static_cast<const std::byte*>(value);
    std::byte* const slot = this->value(index, cpu);
    if ((flags & update_flag::lock) != 0) {
        if (!layout_.has_spin_lock()) return -EINVAL;
        touch_readable(value, spec().value_size);
        if (const long error = layout_.store_locked(slot, bytes); error != 0) return error;
    } else {
        layout_.store(slot, bytes);
    }
    layout_.free_fields(slot);
    return 0;
}

long ArrayMap::delete_elem(const void*) { return -EINVAL; }

long ArrayMap::next_key(const void* key, void* next) { return next_index(max_entries_, key, next); }

long ArrayMap::for_each(std::uint32_t cpu, const Visitor& visit) {
    if (!has_cpu(cpu)) return -EINVAL;
    for (std::uint32_t i = 0; i < max_entries_; ++i) {
        const std::uint32_t key = i;
        if (visit(&key, value(i, cpu))) return i + 1L;
    }
    return max_entries_;
}

std::optional<Bytes> ArrayMap::key_of(const void* value) const {
    const auto from_first =
        static_cast<std::uint64_t>(static_cast<const std::byte*>(value) - slab_.begin());
    const std::uint64_t index = from_first / layout_.stride();
    if (is_per_cpu() || from_first % layout_.stride() != 0 || index >= max_entries_)
        return std::nullopt;
    Bytes key(sizeof(std::uint32_t));
    std::memcpy(key.data(), &index, key.size());
    return key;
}

std::vector<Region> ArrayMap::regions() const {
    return {value_region(slab_.begin(), slab_.bytes(), layout_.stride())};
}

long ArrayMap::copy_out(const void* key, std::span<Bytes> values) {
    const std::uint32_t index = index_of(key);
    if (index >= max_entries_) return -ENOENT;
    for (std::size_t cpu = 0; cpu < values.size(); ++cpu)
        layout_.load(value(index, cpu), values[cpu].data());
    return 0;
}

long ArrayMap::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    if (!is_per_cpu()) return update_elem(key, values.front().data(), flags, 0);
    if (flags > update_flag::exist) return -EINVAL;
    for (std::uint32_t cpu = 0; cpu < cpu_count(); ++cpu)
        if (const long error = update_elem(key, values[cpu].data(), flags, cpu); error != 0)
            return error;
    return 0;
}

long next_index(std::uint32_t max_entries, const void* key, void* next) {
    std::uint32_t index = max_entries;
    if (key) std::memcpy(&index, key, sizeof index);
    if (index == max_entries - 1) return -ENOENT;
    const std::uint32_t following = index < max_entries ? index + 1 : 0;
    std::memcpy(next, &following, sizeof following);
    return 0;
}

}  // namespace bpftwin
