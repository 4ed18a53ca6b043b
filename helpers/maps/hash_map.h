// hash and percpu_hash: a full map refuses new keys (kernel/bpf/hashtab.c).
#pragma once

#include <atomic>
#include <memory>

#include "helpers/maps/element_pool.h"
#include "helpers/maps/keyed_map.h"

namespace bpftwin {

/// An update of a hash replaces the element by another, so that a reader never sees half a value:
/// a pointer from an earlier lookup keeps showing the old value until the next update on the same
/// CPU. A percpu_hash is updated in place. With and without BPF_F_NO_PREALLOC alike.
class HashMap final : public KeyedMap {
public:
    static Result<std::unique_ptr<HashMap>> create(const MapSpec& spec, std::uint32_t cpu_count,
                                                   const ValueFields& fields);

protected:
    long write(const void* key, const NewValue& value, std::uint64_t flags) override;
    void release(Element element) override;

private:
    HashMap(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
            Storage storage, ElementPool pool);

    long write_locked(const void* key, const NewValue& value, std::uint64_t flags);
    long insert(HashTable::Lock& bucket, const void* key, const NewValue& value);
    void replace(HashTable::Lock& bucket, Element old, const void* key, const NewValue& value);

    ElementPool pool_;
    /// One element per CPU that stands in for the next one replaced there; 0 while in use.
    std::vector<std::atomic<Element>> spares_;
};

/// `HashMap::create` for `Map::create`.
Result<std::unique_ptr<Map>> create_hash_map(const MapSpec& spec, std::uint32_t cpu_count,
                                             const ValueFields& fields);

}  // namespace bpftwin
