// array_of_maps and hash_of_maps: values are other maps (kernel/bpf/map_in_map.c).
#pragma once

#include <memory>
#include <vector>

#include "helpers/maps/hash_map.h"
#include "helpers/maps/slot_map.h"

namespace bpftwin {

/// What both types share: which maps they hold. Inner maps belong to someone else and must outlive
/// the outer one. User space names them by id (`bpf_map_info::id`) both when it reads and (where
/// the kernel takes a descriptor) when it writes; `know_maps` says which have one.
class MapOfMaps {
public:
    virtual ~MapOfMaps() = default;

    /// Stores a map. @return 0, -EINVAL for one that is not like the definition of the inner maps,
    /// or what an update of this type returns.
    virtual long put(const void* key, Map& inner, std::uint64_t flags) = 0;
    /// The maps with ids from 1. Updates by other ids find no map: -EBADF. Not while others use
    /// the map.
    void know_maps(std::vector<Map*> maps) { known_ = std::move(maps); }
    /// The special fields of the inner maps' values; none at first.
    void expect_fields(const ValueFields& fields) { inner_fields_ = fields; }

protected:
    explicit MapOfMaps(std::shared_ptr<const MapSpec> inner) : inner_(std::move(inner)) {}

    [[nodiscard]] bool fits(const Map& inner) const;
    /// The map with the id in a value, or null.
    [[nodiscard]] Map* find(const Bytes& value) const;
    /// Writes the id of a map, 0 without one, to a value. @return 0, or -ENOENT for null.
    long write_id(const Map* inner, Bytes& value) const;

private:
    std::shared_ptr<const MapSpec> inner_;
    ValueFields inner_fields_;
    std::vector<Map*> known_;
};

class ArrayOfMaps final : public SlotMap, public MapOfMaps {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    long put(const void* key, Map& inner, std::uint64_t flags) override;
    void* lookup_elem(const void* key, std::uint32_t cpu) override;

protected:
    [[nodiscard]] Batches batches() const override { return Batches::by_index; }
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    ArrayOfMaps(const MapSpec& spec, std::uint32_t cpu_count, Slab slots)
        : SlotMap(spec, cpu_count, std::move(slots)), MapOfMaps(spec.inner) {}
    [[nodiscard]] Map* inner(const void* key) const;
};

class HashOfMaps final : public Map, public MapOfMaps {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    long put(const void* key, Map& inner, std::uint64_t flags) override;
    void* lookup_elem(const void* key, std::uint32_t cpu) override;
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;
    [[nodiscard]] bool bucket_keys(std::uint32_t bucket, std::vector<Bytes>& keys) override;

protected:
    [[nodiscard]] Batches batches() const override { return Batches::by_hash; }
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    HashOfMaps(const MapSpec& spec, std::uint32_t cpu_count, std::unique_ptr<HashMap> maps)
        : Map(spec, cpu_count, {}), MapOfMaps(spec.inner), maps_(std::move(maps)) {}
    [[nodiscard]] Map* inner(const void* key) const;

    std::unique_ptr<HashMap> maps_;  // Values are addresses.
};

}  // namespace bpftwin
