// array and percpu_array: values at fixed places (kernel/bpf/arraymap.c).
#pragma once

#include <cstring>
#include <memory>

#include "helpers/map.h"
#include "helpers/maps/slab.h"
#include "helpers/maps/value_layout.h"

namespace bpftwin {

/// Values in one slab, CPU after CPU. Updates write in place without a lock, as the kernel's do:
/// concurrent ones interleave by words.
class ArrayMap final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count,
                                               const ValueFields& fields);

    /// First value, for engines that compute addresses themselves.
    [[nodiscard]] std::byte* values() const { return slab_.begin(); }
    /// Distance of values, and of the same value on the next CPU (0: not per CPU).
    [[nodiscard]] std::uint64_t stride() const { return layout_.stride(); }
    [[nodiscard]] std::uint64_t cpu_stride() const { return cpu_stride_; }

    void* lookup_elem(const void* key, std::uint32_t cpu) override {
        const std::uint32_t index = index_of(key);
        if (index >= max_entries_ || !has_cpu(cpu)) return nullptr;
        return value(index, cpu);
    }
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;
    long for_each(std::uint32_t cpu, const Visitor& visit) override;
    [[nodiscard]] std::optional<Bytes> key_of(const void* value) const override;
    [[nodiscard]] std::vector<Region> regions() const override;
    [[nodiscard]] bool is_per_cpu() const override { return cpu_stride_ != 0; }

protected:
    [[nodiscard]] Batches batches() const override { return Batches::by_index; }
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    ArrayMap(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields, bool per_cpu,
             Slab slab);

    static std::uint32_t index_of(const void* key) {
        std::uint32_t index;
        std::memcpy(&index, key, sizeof index);
        return index;
    }
    [[nodiscard]] bool has_cpu(std::uint32_t cpu) const {
        return cpu_stride_ == 0 || cpu < cpu_count();
    }
    [[nodiscard]] std::byte* value(std::uint64_t index, std::uint64_t cpu) const {
        return slab_.begin() + cpu * cpu_stride_ + index * layout_.stride();
    }

    Slab slab_;
    ValueLayout layout_;
    std::uint32_t max_entries_;
    std::uint64_t cpu_stride_;
};

/// The next index of a map whose keys are 0 to `max_entries - 1`: what follows a missing or
/// foreign key is the first. @return 0 or -ENOENT.
long next_index(std::uint32_t max_entries, const void* key, void* next);

}  // namespace bpftwin
