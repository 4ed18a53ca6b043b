#include "helpers/maps/slot_map.h"

#include <cerrno>

#include "helpers/maps/array_map.h"

namespace bpftwin {

Result<Slab> SlotMap::create_slots(const MapSpec& spec) {
    return Slab::create(spec.max_entries, sizeof(std::uint64_t));
}

long SlotMap::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EOPNOTSUPP;
}

long SlotMap::delete_elem(const void* key) {
    const std::uint32_t index = word(key);
    if (index >= max_entries_) return -E2BIG;
    return exchange(index, 0) == 0 ? -ENOENT : 0;
}

long SlotMap::next_key(const void* key, void* next) { return next_index(max_entries_, key, next); }

std::uint64_t SlotMap::exchange(std::uint32_t index, std::uint64_t content) {
    return __atomic_exchange_n(&slots_.as<std::uint64_t>()[index], content, __ATOMIC_ACQ_REL);
}

bool SlotMap::replace(std::uint32_t index, std::uint64_t& known, std::uint64_t content) {
    return __atomic_compare_exchange_n(&slots_.as<std::uint64_t>()[index], &known, content, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

long SlotMap::check_update(std::uint64_t index, std::uint64_t flags) const {
    if (flags != update_flag::any) return -EINVAL;
    return index < max_entries_ ? 0 : -E2BIG;
}

}  // namespace bpftwin
