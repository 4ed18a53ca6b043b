// lru_hash and lru_percpu_hash: a full map evicts entries that were not used lately
// (kernel/bpf/hashtab.c).
#pragma once

#include <memory>

#include "helpers/maps/keyed_map.h"
#include "helpers/maps/lru.h"

namespace bpftwin {

/// A program's lookup counts as use, user space's does not. As in the kernel, an update of an
/// lru_hash takes a new element first: in a full map it may evict others even where the key exists.
class LruHashMap final : public KeyedMap {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count,
                                               const ValueFields& fields);

    void* lookup_elem(const void* key, std::uint32_t cpu) override;

protected:
    long write(const void* key, const NewValue& value, std::uint64_t flags) override;
    void release(Element element) override;

private:
    LruHashMap(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
               Storage storage, std::unique_ptr<Lru> lru);

    Element fresh_element(std::uint32_t cpu);
    bool evict(Element element);
    long write_replacing(const void* key, const NewValue& value, std::uint64_t flags);
    long write_in_place(const void* key, const NewValue& value, std::uint64_t flags);
    /// Links `fresh` under `key`; on success `unused` becomes the element it replaces, or 0.
    long exchange(const void* key, Element fresh, std::uint64_t flags, Element& unused);

    std::unique_ptr<Lru> lru_;
};

}  // namespace bpftwin
