// task_storage, inode_storage, cgrp_storage and sk_storage: a value per object (kernel/bpf/
// bpf_local_storage.c and bpf_task_storage.c, bpf_inode_storage.c, bpf_cgrp_storage.c,
// net/core/bpf_sk_storage.c).
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "helpers/map.h"
#include "helpers/maps/slab.h"
#include "helpers/maps/value_layout.h"

namespace bpftwin {

/// Values by the number of their owner: a task's thread id, a cgroup's id, an inode's number, and
/// for user space the key, which stands for the descriptor that a kernel takes. Values stay where
/// they are; one that was deleted becomes another owner's after `quarantine` more were deleted, or
/// where no other is left.
class LocalStorage final : public Map {
public:
    /// Owners that may have a value at the same time.
    static constexpr std::uint32_t most_owners = 65536;
    static constexpr std::uint32_t quarantine = 256;

    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count,
                                               const ValueFields& fields);

    /// The owner's value, or null.
    void* find(std::uint64_t owner);
    /// The owner's value, made where it has none. @param initial null: zeros.
    /// @return null where there is no room.
    void* find_or_create(std::uint64_t owner, const void* initial);
    /// @return 0 or -ENOENT.
    long erase_owner(std::uint64_t owner);

    void* lookup_elem(const void*, std::uint32_t) override { return nullptr; }
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;
    [[nodiscard]] std::vector<Region> regions() const override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    LocalStorage(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
                 Slab values);
    void* create_locked(std::uint64_t owner, const void* initial);
    [[nodiscard]] std::byte* value_at(std::uint32_t place) {
        return values_.begin() + place * layout_.stride();
    }

    std::mutex mutex_;
    ValueLayout layout_;
    Slab values_;
    std::unordered_map<std::uint64_t, std::uint32_t> owners_;  ///< Places in `values_`.
    std::deque<std::uint32_t> free_;                           ///< The first was deleted first.
    std::uint32_t next_ = 0;
};

}  // namespace bpftwin
