// cgroup_storage and percpu_cgroup_storage: a value per program's place in the tree of cgroups
// (kernel/bpf/local_storage.c).
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "helpers/map.h"
#include "helpers/maps/slab.h"
#include "helpers/maps/value_layout.h"

namespace bpftwin {

/// A kernel makes a value when a program is attached to a cgroup. Here one is made when a program
/// first asks for its own; from then on user space can read and write it, never remove it.
class CgroupStorage final : public Map {
public:
    /// Places that may have a value.
    static constexpr std::uint32_t most_places = 4096;

    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count,
                                               const ValueFields& fields);

    /// The value, zeros at first, of programs of that attach type in that cgroup. Keys that have
    /// the cgroup alone share one for all attach types.
    /// @return null where `most_places` have values or there is no such CPU.
    void* value_of(std::uint64_t cgroup, std::uint32_t attach_type, std::uint32_t cpu);

    void* lookup_elem(const void*, std::uint32_t) override { return nullptr; }
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    /// From the newest value to the oldest; -ENOENT behind a key that there is not.
    long next_key(const void* key, void* next) override;
    [[nodiscard]] std::vector<Region> regions() const override;
    [[nodiscard]] bool is_per_cpu() const override { return per_cpu_; }

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    /// `struct bpf_cgroup_storage_key` without its padding.
    struct Place {
        std::uint64_t cgroup;
        std::uint32_t attach_type;
        bool operator==(const Place&) const = default;
    };

    CgroupStorage(const MapSpec& spec, std::uint32_t cpu_count, const ValueFields& fields,
                  bool per_cpu, Slab values);
    [[nodiscard]] bool has_attach_types() const { return spec().key_size > sizeof(std::uint64_t); }
    [[nodiscard]] Place place_in(const void* key) const;
    /// Its number, or that of places where it is none.
    [[nodiscard]] std::size_t find(const Place& place) const;
    [[nodiscard]] std::byte* value(std::size_t number, std::uint32_t cpu) const {
        return values_.begin() + (number * copies_ + cpu) * layout_.stride();
    }

    std::mutex mutex_;
    std::vector<Place> places_;  ///< In the order in which they came.
    bool per_cpu_;
    std::uint32_t copies_;  ///< Of each value.
    ValueLayout layout_;
    Slab values_;
};

}  // namespace bpftwin
