// Maps whose values are references in numbered slots: programs, events, maps, redirect targets
// (the fd arrays of kernel/bpf/arraymap.c, and their kin in devmap.c, cpumap.c, xskmap.c).
#pragma once

#include <cstdint>
#include <cstring>

#include "helpers/map.h"
#include "helpers/maps/atomic_word.h"
#include "helpers/maps/slab.h"

namespace bpftwin {

/// Slots 0 to `max_entries - 1`, each empty (0) or a reference in 64 bits. Slots are read and
/// written whole, without locks.
class SlotMap : public Map {
public:
    /// The content of a slot; 0 for an empty one and an index out of range.
    [[nodiscard]] std::uint64_t slot(std::uint64_t index) const {
        return index < max_entries_ ? load_acquire(slots_.as<std::uint64_t>()[index]) : 0;
    }

    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    /// -E2BIG out of range, -ENOENT for an empty slot.
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) final;

protected:
    SlotMap(const MapSpec& spec, std::uint32_t cpu_count, Slab slots)
        : Map(spec, cpu_count, {}), slots_(std::move(slots)), max_entries_(spec.max_entries) {}
    static Result<Slab> create_slots(const MapSpec& spec);

    /// Sets a slot that is in range. @return what it held.
    std::uint64_t exchange(std::uint32_t index, std::uint64_t content);
    /// Sets a slot that is in range if it holds `known`, which else becomes what it holds.
    bool replace(std::uint32_t index, std::uint64_t& known, std::uint64_t content);
    /// 0 where an fd array may be updated with these arguments, else the errno.
    [[nodiscard]] long check_update(std::uint64_t index, std::uint64_t flags) const;
    [[nodiscard]] std::uint32_t max_entries() const { return max_entries_; }
    [[nodiscard]] const Slab& slots() const { return slots_; }
    static std::uint32_t word(const void* from) {
        std::uint32_t word;
        std::memcpy(&word, from, sizeof word);
        return word;
    }

private:
    Slab slots_;
    std::uint32_t max_entries_;
};

}  // namespace bpftwin
