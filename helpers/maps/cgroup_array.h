// cgroup_array: cgroups by index (kernel/bpf/arraymap.c, cgroup_array_map_ops).
#pragma once

#include <memory>

#include "helpers/maps/slot_map.h"

namespace bpftwin {

/// A slot holds a cgroup's id, which stands for the descriptor that a kernel takes. Programs ask
/// about it by helpers only, user space cannot read it back.
class CgroupArray final : public SlotMap {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    using SlotMap::SlotMap;
};

}  // namespace bpftwin
