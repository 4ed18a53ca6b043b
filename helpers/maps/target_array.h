// devmap, cpumap and xskmap: targets of bpf_redirect_map by index (kernel/bpf/devmap.c, cpumap.c,
// net/xdp/xskmap.c).
#pragma once

#include <memory>

#include "helpers/maps/slot_map.h"

namespace bpftwin {

/// A slot holds the value as programs read it: a device's ifindex, a CPU's queue length, a socket's
/// queue number. Programs cannot write. Any non-zero ifindex and any socket is accepted; a socket
/// is bound to the queue of its slot's number. A program attached to a target (the second word of
/// 8-byte values) is refused with the errno of one that does not exist.
class TargetArray final : public SlotMap {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// Address of the slot's value, or null where it is empty.
    void* lookup_elem(const void* key, std::uint32_t cpu) override;
    /// -EINVAL out of range; an empty slot is no error.
    long delete_elem(const void* key) override;
    [[nodiscard]] std::vector<Region> regions() const override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    using SlotMap::SlotMap;
    long put_device(std::uint32_t index, const Bytes& value);
    long put_cpu(std::uint32_t index, const Bytes& value);
    long put_socket(std::uint32_t index, std::uint64_t flags);
};

/// First and second word of a devmap or cpumap value; a missing second word is 0.
struct TargetValue {
    std::uint32_t target;
    std::int32_t program;
};
TargetValue target_value(const Bytes& value);

}  // namespace bpftwin
