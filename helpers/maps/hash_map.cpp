#include "helpers/maps/hash_map.h"

#include <cerrno>

#include "helpers/maps/type_info.h"

namespace bpftwin {

Result<std::unique_ptr<HashMap>> HashMap::create(const MapSpec& spec, std::uint32_t cpu_count,
                                                 const ValueFields& fields) {
    const std::uint32_t elements = spec.max_entries + cpu_count;
    auto storage = create_storage(spec, elements, cpu_count);
    if (!storage) return std::unexpected(storage.error());
    auto pool = ElementPool::create(elements);
    if (!pool) return std::unexpected(pool.error());
    return std::unique_ptr<HashMap>(
        new HashMap(spec, cpu_count, fields, std::move(*storage), std::move(*pool)));
}

HashMap::HashMap(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
                 Storage storage, ElementPool pool)
    : KeyedMap(spec, cpu_count, fields, std::move(storage)),
      pool_(std::move(pool)),
      spares_(cpu_count) {
    for (auto& spare : spares_) spare = pool_.take();
}

long HashMap::write(const void* key, const NewValue& value, std::uint64_t flags) {
    const std::uint64_t known = is_per_cpu() ? flags : flags & ~update_flag::lock;
    if (known > update_flag::exist) return -EINVAL;
    if ((flags & update_flag::lock) != 0) return write_locked(key, value, flags);
    HashTable::Lock bucket = table().lock(key);
    const Element old = bucket.find(key);
    if (const long error = check_existence(old != 0, flags); error != 0) return error;
    if (old == 0) return insert(bucket, key, value);
    if (is_per_cpu())
        overwrite(old, value);
    else
        replace(bucket, old, key, value);
    return 0;
}

long HashMap::write_locked(const void* key, const NewValue& value, std::uint64_t flags) {
    if (!layout().has_spin_lock()) return -EINVAL;
    const std::byte* bytes = value.one ? value.one : value.all.front().data();
    // The bucket is not held while the value's lock is waited for: its holder may need the bucket.
    for (;;) {
        const Element old = table().find(key);
        if (const long error = check_existence(old != 0, flags); error != 0) return error;
        if (old != 0) return layout().store_locked(this->value(old, 0), bytes);
        HashTable::Lock bucket = table().lock(key);
        if (bucket.find(key) == 0) return insert(bucket, key, value);
    }
}

long HashMap::insert(HashTable::Lock& bucket, const void* key, const NewValue& value) {
    const Element fresh = pool_.take();
    if (fresh == 0) return -E2BIG;
    initialise(fresh, value);
    bucket.link(fresh, key);
    return 0;
}

void HashMap::replace(HashTable::Lock& bucket, Element old, const void* key,
                      const NewValue& value) {
    auto& spare = spares_[value.cpu % spares_.size()];
    Element fresh = spare.exchange(0, std::memory_order_acquire);
    for (Backoff backoff; fresh == 0; fresh = spare.exchange(0, std::memory_order_acquire))
        backoff.wait();
    initialise(fresh, value);
    bucket.link(fresh, key);
    bucket.unlink(old);
    free_fields(old);
    spare.store(old, std::memory_order_release);
}

void HashMap::release(Element element) { pool_.give_back(element); }

Result<std::unique_ptr<Map>> create_hash_map(const MapSpec& spec, std::uint32_t cpu_count,
                                             const ValueFields& fields) {
    return HashMap::create(spec, cpu_count, fields);
}

}  // namespace bpftwin
