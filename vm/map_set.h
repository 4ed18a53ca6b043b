// The maps of a loaded object: created, filled, and addressable by programs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bpftwin/spec.h"
#include "helpers/map.h"
#include "vm/constants.h"
#include "vm/memory.h"

namespace bpftwin {

class MapOfMaps;
class ObjectHeap;

/// An object's maps, created and filled as its definition says.
class MapSet {
public:
    /// @param kernel_types null: not known.
    /// @param shared maps that exist, with their contents, in place of new ones.
    /// @return the maps, or an Error that begins with the map's name.
    static Result<MapSet> create(const ObjectSpec& object, std::uint32_t cpu_count,
                                 const SharedMaps& shared = {}, const Btf* kernel_types = nullptr);

    /// By index in `ObjectSpec::maps`, whose names count: a shared map may have another one.
    [[nodiscard]] const std::vector<std::shared_ptr<Map>>& maps() const { return maps_; }
    [[nodiscard]] std::span<Map* const> by_address() const { return by_address_; }
    [[nodiscard]] const Memory& memory() const { return *memory_; }
    /// What programs allocate and keep in these maps.
    [[nodiscard]] ObjectHeap& heap() const { return *heap_; }
    /// What `lddw` constants of each map become.
    [[nodiscard]] std::vector<MapAddress> addresses() const;

private:
    void add(std::shared_ptr<Map> map);
    Result<void> fill(const ObjectSpec& object, Map& map, const Btf* kernel_types);
    Result<void> adopt_inner_fields(const ObjectSpec& object, const MapSpec& spec, MapOfMaps& outer,
                                    const Btf* kernel_types);
    Result<void> fill_slot(const ObjectSpec& object, Map& map, const MapSlot& slot);

    std::vector<std::shared_ptr<Map>> maps_;
    std::vector<Map*> by_address_;
    std::shared_ptr<ObjectHeap> heap_;
    std::unique_ptr<Memory> memory_ = std::make_unique<Memory>();
};

}  // namespace bpftwin
