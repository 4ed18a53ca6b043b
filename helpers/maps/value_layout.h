// How values are copied into and out of maps: word by word, so that a concurrent reader sees whole
// words, and around the fields that updates leave alone (copy_map_value in include/linux/bpf.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "helpers/maps/slab.h"
#include "helpers/maps/value_fields.h"

namespace bpftwin {

class ValueLayout {
public:
    /// @param fields lie within `size`.
    ValueLayout(std::uint32_t size, const ValueFields& fields);

    [[nodiscard]] std::uint32_t size() const { return size_; }
    /// Distance of values in memory: 8 bytes between them belong to nobody, so that checked mode
    /// sees a program run off the end of one.
    [[nodiscard]] std::uint64_t stride() const { return round_up_8(size_) + 8; }
    [[nodiscard]] bool has_spin_lock() const { return fields_.spin_lock.has_value(); }

    /// Writes a value except its special fields; `slot` is aligned to 8.
    void store(std::byte* slot, const std::byte* value) const;
    /// Reads a value; its special fields read as zeros.
    void load(const std::byte* slot, std::byte* value) const;
    /// `store` under the value's spin lock (BPF_F_LOCK).
    /// @return 0, or -ETIMEDOUT when a program keeps the lock.
    long store_locked(std::byte* slot, const std::byte* value) const;
    /// Writes zeros except to the special fields.
    void clear(std::byte* slot) const;
    /// Gives up what the special fields hold, which are zero then.
    void free_fields(std::byte* slot) const {
        if (fields_.owner) free_owned(slot);
    }

private:
    /// Bytes that belong to the kernel.
    struct Part {
        std::uint32_t offset, size;
    };

    void free_owned(std::byte* slot) const;

    std::uint32_t size_;
    ValueFields fields_;
    std::vector<Part> parts_;  ///< Sorted; behind the last one a part of no bytes at the end.
};

/// A `struct bpf_spin_lock`: 0 is free. Taken by programs (bpf_spin_lock) and by BPF_F_LOCK.
namespace value_lock {

/// Takes the lock; gives up after a quarter of a second, as the kernel's resilient locks do, for a
/// program may have ended without releasing it. @return whether it was taken.
bool acquire(void* lock);
/// Releases it.
void release(void* lock);

}  // namespace value_lock

/// Copies `bytes` to map memory in aligned pieces, each written at once. The source may be
/// anything.
void copy_to_map(std::byte* to, const std::byte* from, std::size_t bytes);
/// The inverse.
void copy_from_map(std::byte* to, const std::byte* from, std::size_t bytes);

}  // namespace bpftwin
