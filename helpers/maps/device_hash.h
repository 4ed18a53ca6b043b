// devmap_hash: network devices by any 32-bit key (kernel/bpf/devmap.c).
#pragma once

#include <memory>

#include "helpers/maps/hash_map.h"

namespace bpftwin {

/// Values as in a devmap, read-only for programs.
class DeviceHash final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    void* lookup_elem(const void* key, std::uint32_t cpu) override;
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;
    [[nodiscard]] std::vector<Region> regions() const override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    DeviceHash(const MapSpec& spec, std::uint32_t cpu_count, std::unique_ptr<HashMap> devices)
        : Map(spec, cpu_count, {}), devices_(std::move(devices)) {}

    std::unique_ptr<HashMap> devices_;
};

}  // namespace bpftwin
