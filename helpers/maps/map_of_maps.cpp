#include "helpers/maps/map_of_maps.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/maps/attributes.h"

namespace bpftwin {
namespace {

std::uint64_t address_of(const Map* map) { return reinterpret_cast<std::uintptr_t>(map); }

Map* map_at(std::uint64_t address) { return reinterpret_cast<Map*>(address); }

}  // namespace

bool MapOfMaps::fits(const Map& inner) const {
    return fits_as_inner(*inner_, inner_fields_, inner.spec(), inner.fields());
}

Map* MapOfMaps::find(const Bytes& value) const {
    std::uint32_t id;
    std::memcpy(&id, value.data(), sizeof id);
    return id != 0 && id <= known_.size() ? known_[id - 1] : nullptr;
}

long MapOfMaps::write_id(const Map* inner, Bytes& value) const {
    if (!inner) return -ENOENT;
    const auto known = std::ranges::find(known_, inner);
    const auto id =
        known == known_.end() ? 0 : static_cast<std::uint32_t>(known - known_.begin() + 1);
    std::memcpy(value.data(), &id, sizeof id);
    return 0;
}

Result<std::unique_ptr<Map>> ArrayOfMaps::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto slots = create_slots(spec);
    if (!slots) return std::unexpected(slots.error());
    return std::unique_ptr<Map>(new ArrayOfMaps(spec, cpu_count, std::move(*slots)));
}

Map* ArrayOfMaps::inner(const void* key) const { return map_at(slot(word(key))); }

void* ArrayOfMaps::lookup_elem(const void* key, std::uint32_t) { return inner(key); }

long ArrayOfMaps::put(const void* key, Map& inner, std::uint64_t flags) {
    const std::uint32_t index = word(key);
    if (const long error = check_update(index, flags); error != 0) return error;
    if (!fits(inner)) return -EINVAL;
    exchange(index, address_of(&inner));
    return 0;
}

long ArrayOfMaps::copy_out(const void* key, std::span<Bytes> values) {
    return write_id(inner(key), values.front());
}

long ArrayOfMaps::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    if (const long error = check_update(word(key), flags); error != 0) return error;
    Map* inner = find(values.front());
    return inner ? put(key, *inner, flags) : -EBADF;
}

Result<std::unique_ptr<Map>> HashOfMaps::create(const MapSpec& spec, std::uint32_t cpu_count) {
    MapSpec addresses = spec;
    addresses.value_size = sizeof(std::uint64_t);
    auto maps = HashMap::create(addresses, cpu_count, {});
    if (!maps) return std::unexpected(maps.error());
    return std::unique_ptr<Map>(new HashOfMaps(spec, cpu_count, std::move(*maps)));
}

Map* HashOfMaps::inner(const void* key) const {
    const void* value = maps_->lookup_elem(key, 0);
    return value ? map_at(load_relaxed(*static_cast<const std::uint64_t*>(value))) : nullptr;
}

void* HashOfMaps::lookup_elem(const void* key, std::uint32_t) { return inner(key); }

long HashOfMaps::put(const void* key, Map& inner, std::uint64_t flags) {
    if (!fits(inner)) return -EINVAL;
    const std::uint64_t address = address_of(&inner);
    return maps_->update_elem(key, &address, flags, 0);
}

long HashOfMaps::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EOPNOTSUPP;
}

long HashOfMaps::delete_elem(const void* key) { return maps_->delete_elem(key); }

long HashOfMaps::next_key(const void* key, void* next) { return maps_->next_key(key, next); }

long HashOfMaps::copy_out(const void* key, std::span<Bytes> values) {
    return write_id(inner(key), values.front());
}

long HashOfMaps::copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) {
    Map* inner = find(values.front());
    return inner ? put(key, *inner, flags) : -EBADF;
}

bool HashOfMaps::bucket_keys(std::uint32_t bucket, std::vector<Bytes>& keys) {
    return maps_->bucket_keys(bucket, keys);
}

}  // namespace bpftwin
