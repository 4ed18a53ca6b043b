#include "helpers/maps/lru_hash_map.h"

#include <cerrno>
#include <limits>

#include "helpers/maps/type_info.h"

namespace bpftwin {
namespace {

// With lists of their own all CPUs get equally many elements, at least one.
MapSpec with_even_shares(MapSpec spec, std::uint32_t cpu_count) {
    if ((spec.map_flags & map_flag::no_common_lru) == 0) return spec;
    const std::uint64_t shares = (std::uint64_t{spec.max_entries} + cpu_count - 1) / cpu_count;
    spec.max_entries = static_cast<std::uint32_t>(shares * cpu_count);
    return spec;
}

}  // namespace

Result<std::unique_ptr<Map>> LruHashMap::create(const MapSpec& given, std::uint32_t cpu_count,
                                                const ValueFields& fields) {
    const MapSpec spec = with_even_shares(given, cpu_count);
    const bool per_cpu_lists = (spec.map_flags & map_flag::no_common_lru) != 0;
    auto storage = create_storage(spec, spec.max_entries, cpu_count);
    if (!storage) return std::unexpected(storage.error());
    auto lru = Lru::create(spec.max_entries, cpu_count, per_cpu_lists);
    if (!lru) return std::unexpected(lru.error());
    return std::unique_ptr<Map>(
        new LruHashMap(spec, cpu_count, fields, std::move(*storage), std::move(*lru)));
}

LruHashMap::LruHashMap(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
                       Storage storage, std::unique_ptr<Lru> lru)
    : KeyedMap(spec, cpu_count, fields, std::move(storage)), lru_(std::move(lru)) {}

void* LruHashMap::lookup_elem(const void* key, std::uint32_t cpu) {
    const Element element = table().find(key);
    if (element == 0 || !has_cpu(cpu)) return nullptr;
    lru_->mark(element);
    return value(element, cpu);
}

long LruHashMap::write(const void* key, const NewValue& value, std::uint64_t flags) {
    if (flags > update_flag::exist) return -EINVAL;
    return is_per_cpu() ? write_in_place(key, value, flags) : write_replacing(key, value, flags);
}

long LruHashMap::write_replacing(const void* key, const NewValue& value, std::uint64_t flags) {
    const Element fresh = fresh_element(value.cpu);
    if (fresh == 0) return -ENOMEM;
    initialise(fresh, value);
    Element unused = fresh;
    const long error = exchange(key, fresh, flags, unused);
    if (unused == 0) return error;
    free_fields(unused);
    lru_->give_back(unused);
    return error;
}

long LruHashMap::exchange(const void* key, Element fresh, std::uint64_t flags, Element& unused) {
    HashTable::Lock bucket = table().lock(key);
    const Element old = bucket.find(key);
    if (const long error = check_existence(old != 0, flags); error != 0) return error;
    bucket.link(fresh, key);
    if (old != 0) {
        lru_->mark(fresh);
        bucket.unlink(old);
    }
    unused = old;
    return 0;
}

long LruHashMap::write_in_place(const void* key, const NewValue& value, std::uint64_t flags) {
    Element fresh = flags == update_flag::exist ? 0 : fresh_element(value.cpu);
    if (fresh == 0 && flags != update_flag::exist) return -ENOMEM;
    long error;
    {
        HashTable::Lock bucket = table().lock(key);
        const Element old = bucket.find(key);
        error = check_existence(old != 0, flags);
        if (error == 0 && old != 0) {
            lru_->mark(old);
            overwrite(old, value);
        } else if (error == 0) {
            initialise(fresh, value);
            bucket.link(fresh, key);
            fresh = 0;
        }
    }
    if (fresh != 0) lru_->give_back(fresh);
    return error;
}

Element LruHashMap::fresh_element(std::uint32_t cpu) {
    return lru_->take(cpu, [this](Element element) { return evict(element); });
}

bool LruHashMap::evict(Element element) {
    if (!table().lock_around(element).unlink(element)) return false;
    free_fields(element);
    return true;
}

void LruHashMap::release(Element element) { lru_->give_back(element); }

}  // namespace bpftwin
