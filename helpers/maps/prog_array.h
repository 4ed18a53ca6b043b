// prog_array: the programs that bpf_tail_call jumps to (kernel/bpf/arraymap.c).
#pragma once

#include <memory>
#include <optional>

#include "helpers/maps/slot_map.h"

namespace bpftwin {

/// Slots hold indices of the object's programs. User space names a program by its id, which is its
/// index plus one, both when it reads a slot and (where the kernel takes a descriptor) when it sets
/// one.
class ProgArray final : public SlotMap {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// How many programs there are: user space can only store these. 0 at first.
    void admit_programs(std::uint32_t count) { programs_.store(count); }
    /// Sets a slot. @return 0, or -E2BIG for an index out of range.
    long put(std::uint32_t index, std::uint32_t program);
    /// The program to call, or nothing for an empty slot or an index out of range.
    [[nodiscard]] std::optional<std::uint32_t> program(std::uint64_t index) const {
        const std::uint64_t id = slot(index);
        if (id == 0) return std::nullopt;
        return static_cast<std::uint32_t>(id - 1);
    }

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    using SlotMap::SlotMap;
    std::atomic<std::uint32_t> programs_ = 0;
};

}  // namespace bpftwin
