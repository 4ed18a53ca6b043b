// Creation by the table of map types, and user space's side of every map.
#include "helpers/map.h"

#include <array>
#include <cerrno>
#include <system_error>

#include "fmt/format.h"
#include "helpers/maps/arena.h"
#include "helpers/maps/array_map.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/bloom_filter.h"
#include "helpers/maps/cgroup_array.h"
#include "helpers/maps/cgroup_storage.h"
#include "helpers/maps/device_hash.h"
#include "helpers/maps/hash_map.h"
#include "helpers/maps/local_storage.h"
#include "helpers/maps/lpm_trie.h"
#include "helpers/maps/lru_hash_map.h"
#include "helpers/maps/map_of_maps.h"
#include "helpers/maps/perf_event_array.h"
#include "helpers/maps/prog_array.h"
#include "helpers/maps/queue_map.h"
#include "helpers/maps/ring_buffer.h"
#include "helpers/maps/socket_maps.h"
#include "helpers/maps/stack_trace_map.h"
#include "helpers/maps/target_array.h"
#include "helpers/maps/type_info.h"
#include "helpers/maps/user_ring_buffer.h"

namespace bpftwin {
namespace {

Result<std::unique_ptr<Map>> create_of(MapFamily family, const MapSpec& spec,
                                       std::uint32_t cpu_count, const ValueFields& fields) {
    switch (family) {
        case MapFamily::array: return ArrayMap::create(spec, cpu_count, fields);
        case MapFamily::hash: return create_hash_map(spec, cpu_count, fields);
        case MapFamily::lru_hash: return LruHashMap::create(spec, cpu_count, fields);
        case MapFamily::prog_array: return ProgArray::create(spec, cpu_count);
        case MapFamily::perf_event_array: return PerfEventArray::create(spec, cpu_count);
        case MapFamily::target_array: return TargetArray::create(spec, cpu_count);
        case MapFamily::device_hash: return DeviceHash::create(spec, cpu_count);
        case MapFamily::socket_array: return SocketArray::create(spec, cpu_count);
        case MapFamily::socket_hash: return SocketHash::create(spec, cpu_count);
        case MapFamily::map_array: return ArrayOfMaps::create(spec, cpu_count);
        case MapFamily::map_hash: return HashOfMaps::create(spec, cpu_count);
        case MapFamily::ring_buffer: return RingBuffer::create(spec, cpu_count);
        case MapFamily::user_ring_buffer: return UserRingBuffer::create(spec, cpu_count);
        case MapFamily::local_storage: return LocalStorage::create(spec, cpu_count, fields);
        case MapFamily::cgroup_storage: return CgroupStorage::create(spec, cpu_count, fields);
        case MapFamily::queue: return QueueMap::create(spec, cpu_count);
        case MapFamily::lpm_trie: return LpmTrie::create(spec, cpu_count);
        case MapFamily::bloom_filter: return BloomFilter::create(spec, cpu_count);
        case MapFamily::stack_trace: return StackTraceMap::create(spec, cpu_count);
        case MapFamily::cgroup_array: return CgroupArray::create(spec, cpu_count);
        case MapFamily::arena: return Arena::create(spec, cpu_count);
        case MapFamily::none:
            return fail(
                fmt::format("map type {} is not implemented in user space", name_of(spec.type)),
                EOPNOTSUPP);
    }
    bug("MapFamily");
}

struct ErrorText {
    int error;
    std::string_view text;
};
constexpr auto error_texts = std::to_array<ErrorText>({
    {ENOENT, "no such key"},
    {E2BIG, "the map is full or the index out of range"},
    {EEXIST, "the key exists already"},
    {EINVAL, "not possible with this key, value or flags"},
    {EPERM, "user space may not do this with the map"},
    {EBADF, "the value names no object"},
    {EBUSY, "already done"},
    {ENOMEM, "no element is free"},
    {ENOSPC, "the map is full, or a bucket does not fit into the batch"},
    {EOVERFLOW, "the queue size is over 16384"},
    {ENODEV, "no such CPU"},
    {ETIMEDOUT, "the value's spin lock stays taken"},
    {EOPNOTSUPP, "this type does not do that"},
    {enotsupp, "this type does not do that"},
});

std::string text_of(int error) {
    for (const auto& row : error_texts)
        if (row.error == error) return std::string(row.text);
    return std::generic_category().message(error);
}

}  // namespace

Result<std::unique_ptr<Map>> Map::create(const MapSpec& spec, std::uint32_t cpu_count,
                                         const ValueFields& fields) {
    if (cpu_count == 0 || cpu_count > max_cpus)
        return fail(
            fmt::format("map {}: {} CPUs are not in 1 to {}", spec.name, cpu_count, max_cpus),
            EINVAL);
    if (auto checked = check_map_attributes(spec, fields); !checked)
        return std::unexpected(checked.error());
    auto map = create_of(map_type_info(spec.type)->family, spec, cpu_count, fields);
    if (!map) return std::unexpected(map.error().in(fmt::format("map {}", spec.name)));
    return map;
}

void* Map::lookup_elem(const void*, std::uint32_t) { return nullptr; }
long Map::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) { return -enotsupp; }
long Map::delete_elem(const void*) { return -enotsupp; }
long Map::next_key(const void*, void*) { return -enotsupp; }
long Map::copy_out(const void*, std::span<Bytes>) { return -enotsupp; }
long Map::copy_in(const void*, std::span<const Bytes>, std::uint64_t) { return -enotsupp; }

long Map::for_each(std::uint32_t, const Visitor&) { return -enotsupp; }

long Map::push_elem(const void*, std::uint64_t) { return -enotsupp; }

long Map::pop_elem(void*) { return -enotsupp; }

long Map::peek_elem(void*) { return -enotsupp; }

long Map::take_out(const void*, std::span<Bytes>) { return -enotsupp; }

std::unexpected<Error> Map::failure(std::string_view operation, long error) const {
    const int code = static_cast<int>(-error);
    return fail(fmt::format("map {}: {}: {}", spec_.name, operation, text_of(code)), code);
}

Result<void> Map::check_key(std::string_view operation, ByteView key, std::uint32_t size) const {
    if (key.size() == size) return {};
    return fail(fmt::format("map {}: {}: the key has {} bytes, the map's keys have {}", spec_.name,
                            operation, key.size(), size),
                EINVAL);
}

Result<void> Map::check_readable(std::string_view operation) const {
    if ((spec_.map_flags & map_flag::wronly) != 0) return failure(operation, -EPERM);
    return {};
}

Result<void> Map::check_writable(std::string_view operation) const {
    if (frozen_ || (spec_.map_flags & map_flag::rdonly) != 0) return failure(operation, -EPERM);
    return {};
}

Result<void> Map::check_values(const std::vector<Bytes>& values) const {
    const bool count_fits = values.size() == 1 || (is_per_cpu() && values.size() == cpu_count_);
    if (!count_fits)
        return fail(fmt::format("map {}: update: {} values given, the map takes {}", spec_.name,
                                values.size(), is_per_cpu() ? cpu_count_ : 1),
                    EINVAL);
    for (const Bytes& value : values)
        if (value.size() != spec_.value_size)
            return fail(fmt::format("map {}: update: the value has {} bytes, the map's values have "
                                    "{}",
                                    spec_.name, value.size(), spec_.value_size),
                        EINVAL);
    return {};
}

std::vector<Bytes> Map::value_buffers() const {
    return std::vector<Bytes>(is_per_cpu() ? cpu_count_ : 1, Bytes(spec_.value_size));
}

Result<std::vector<Bytes>> Map::lookup(ByteView key) {
    if (auto readable = check_readable("lookup"); !readable)
        return std::unexpected(readable.error());
    if (auto fits = check_key("lookup", key, lookup_size()); !fits)
        return std::unexpected(fits.error());
    std::vector<Bytes> values = value_buffers();
    if (const long error = copy_out(key.data(), values); error != 0)
        return failure("lookup", error);
    return values;
}

Result<void> Map::update(ByteView key, const std::vector<Bytes>& values, std::uint64_t flags) {
    if (auto writable = check_writable("update"); !writable) return writable;
    if ((flags & update_flag::lock) != 0 && !fields_.spin_lock) return failure("update", -EINVAL);
    if (auto fits = check_key("update", key, spec_.key_size); !fits) return fits;
    if (auto fit = check_values(values); !fit) return fit;
    const bool repeat = is_per_cpu() && values.size() == 1;
    const long error =
        repeat ? copy_in(key.data(), std::vector<Bytes>(cpu_count_, values.front()), flags)
               : copy_in(key.data(), values, flags);
    if (error != 0) return failure("update", error);
    return {};
}

Result<void> Map::erase(ByteView key) {
    if (auto writable = check_writable("delete"); !writable) return writable;
    if (auto fits = check_key("delete", key, spec_.key_size); !fits) return fits;
    if (const long error = delete_elem(key.data()); error != 0) return failure("delete", error);
    return {};
}

Result<std::vector<MapEntry>> Map::entries() {
    if (auto readable = check_readable("entries"); !readable)
        return std::unexpected(readable.error());
    std::vector<MapEntry> entries;
    Bytes key(spec_.key_size);
    const std::byte* previous = nullptr;
    // Another thread may change the map meanwhile; the count bounds what it can make us do. Maps
    // that say none bound it themselves.
    const std::uint64_t most = spec_.max_entries != 0 ? spec_.max_entries : UINT32_MAX;
    for (std::uint64_t i = 0; i < most && next_key(previous, key.data()) == 0; ++i) {
        previous = key.data();
        std::vector<Bytes> values = value_buffers();
        const long error = copy_out(key.data(), values);
        if (error == 0) entries.push_back({key, std::move(values)});
        if (error != 0 && error != -ENOENT) break;
    }
    return entries;
}

Result<std::vector<Bytes>> Map::take(ByteView key) {
    if (auto readable = check_readable("lookup and delete"); !readable)
        return std::unexpected(readable.error());
    if (auto writable = check_writable("lookup and delete"); !writable)
        return std::unexpected(writable.error());
    if (auto fits = check_key("lookup and delete", key, spec_.key_size); !fits)
        return std::unexpected(fits.error());
    std::vector<Bytes> values = value_buffers();
    if (const long error = take_out(key.data(), values); error != 0)
        return failure("lookup and delete", error);
    return values;
}

Result<Bytes> Map::key_after(std::optional<ByteView> key) {
    if (auto readable = check_readable("next key"); !readable)
        return std::unexpected(readable.error());
    if (key)
        if (auto fits = check_key("next key", *key, spec_.key_size); !fits)
            return std::unexpected(fits.error());
    Bytes next(spec_.key_size);
    if (const long error = next_key(key ? key->data() : nullptr, next.data()); error != 0)
        return failure("next key", error);
    return next;
}

Result<void> Map::freeze() {
    if (fields_ != ValueFields{}) return failure("freeze", -enotsupp);
    if ((spec_.map_flags & map_flag::rdonly) != 0) return failure("freeze", -EPERM);
    if (frozen_.exchange(true)) return failure("freeze", -EBUSY);
    return {};
}

Region Map::value_region(const void* begin, std::uint64_t bytes, std::uint64_t stride) const {
    return {.begin = reinterpret_cast<std::uintptr_t>(begin),
            .size = bytes,
            .writable = (spec_.map_flags & map_flag::rdonly_prog) == 0,
            .stride = static_cast<std::uint32_t>(stride),
            .element = spec_.value_size,
            .name = fmt::format("values of map {}", spec_.name)};
}

}  // namespace bpftwin
