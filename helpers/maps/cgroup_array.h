// cgroup_array: cgroups by index, for bpf_skb_under_cgroup and bpf_current_task_under_cgroup
// (kernel/bpf/arraymap.c).
#pragma once

#include <memory>

#include "helpers/maps/slot_map.h"

namespace bpftwin {

/// User space stores a cgroup by its number in the world, where the kernel takes a descriptor; as
/// there, nobody can read it back.
class CgroupArray final : public SlotMap {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// Stores a cgroup by its id, which is not 0. @return 0, -E2BIG.
    long put(std::uint32_t index, std::uint64_t cgroup);
    /// The id at an index; 0 for an empty slot and an index out of range.
    [[nodiscard]] std::uint64_t cgroup(std::uint32_t index) const { return slot(index); }

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    CgroupArray(const MapSpec& spec, std::uint32_t cpu_count, Slab slots)
        : SlotMap(spec, cpu_count, std::move(slots)) {}
};

}  // namespace bpftwin
