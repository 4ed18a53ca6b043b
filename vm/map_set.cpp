// Creation of an object's maps: storage, data sections, inner maps, programs of prog_arrays.
#include "vm/map_set.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "btf/btf.h"
#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/map_of_maps.h"
#include "helpers/maps/prog_array.h"

namespace bpftwin {
namespace {

Result<void> fill_data(Map& map) {
    const MapSpec& spec = map.spec();
    if (!spec.is_data()) return {};
    if (spec.contents.size() > spec.value_size)
        return fail(fmt::format("{} bytes of contents do not fit into a value of {}",
                                spec.contents.size(), spec.value_size));
    const std::uint32_t first = 0;
    if (!spec.contents.empty())
        std::memcpy(map.lookup_elem(&first, 0), spec.contents.data(), spec.contents.size());
    return spec.frozen ? map.freeze() : Result<void>();
}

/// The special fields of a map's values, by their BTF.
Result<ValueFields> fields_of(const MapSpec& spec, const Btf* btf) {
    if (!btf || spec.btf_value_type_id == 0) return ValueFields{};
    auto spin_lock = map_value_spin_lock_offset(*btf, spec.btf_value_type_id);
    if (!spin_lock) return std::unexpected(spin_lock.error());
    return ValueFields{.spin_lock = *spin_lock};
}

std::optional<std::uint32_t> program_index(const ObjectSpec& object, std::string_view name) {
    auto at = std::ranges::find(object.programs, name, &ProgramSpec::name);
    if (at == object.programs.end()) return std::nullopt;
    return static_cast<std::uint32_t>(at - object.programs.begin());
}

}  // namespace

Result<MapSet> MapSet::create(const ObjectSpec& object, std::uint32_t cpu_count) {
    MapSet set;
    for (const MapSpec& spec : object.maps)
        if (auto ok = set.add(spec, object.btf.get(), cpu_count); !ok)
            return std::unexpected(ok.error().in("map " + spec.name));
    std::ranges::sort(set.by_address_);
    for (const auto& map : set.maps_)
        if (auto ok = set.fill(object, *map); !ok)
            return std::unexpected(ok.error().in("map " + map->spec().name));
    return set;
}

Result<void> MapSet::add(const MapSpec& as_given, const Btf* btf, std::uint32_t cpu_count) {
    const MapSpec spec = with_libbpf_defaults(as_given, cpu_count);
    auto fields = fields_of(spec, btf);
    if (!fields) return std::unexpected(fields.error());
    auto map = Map::create(spec, cpu_count, *fields);
    if (!map) return std::unexpected(map.error());
    for (Region& region : (*map)->regions()) memory_->add(std::move(region));
    by_address_.push_back(map->get());
    maps_.push_back(std::move(*map));
    maps_.back()->identify(static_cast<std::uint32_t>(maps_.size()));
    return {};
}

Result<void> MapSet::fill(const ObjectSpec& object, Map& map) {
    if (auto* programs = dynamic_cast<ProgArray*>(&map))
        programs->admit_programs(static_cast<std::uint32_t>(object.programs.size()));
    if (auto* outer = dynamic_cast<MapOfMaps*>(&map)) {
        if (auto ok = adopt_inner_fields(object, map.spec(), *outer); !ok) return ok;
    }
    if (auto ok = fill_data(map); !ok) return ok;
    for (const MapSlot& slot : map.spec().slots)
        if (auto ok = fill_slot(object, map, slot); !ok) return ok;
    return {};
}

Result<void> MapSet::adopt_inner_fields(const ObjectSpec& object, const MapSpec& spec,
                                        MapOfMaps& outer) {
    if (spec.inner) {
        auto fields = fields_of(*spec.inner, object.btf.get());
        if (!fields) return std::unexpected(fields.error());
        outer.expect_fields(*fields);
    }
    std::vector<Map*> by_id;
    for (const auto& map : maps_) by_id.push_back(map.get());
    outer.find_maps_with([by_id](std::uint32_t id) {
        return id >= 1 && id <= by_id.size() ? by_id[id - 1] : nullptr;
    });
    return {};
}

Result<void> MapSet::fill_slot(const ObjectSpec& object, Map& map, const MapSlot& slot) {
    long status = -EINVAL;
    if (auto* programs = dynamic_cast<ProgArray*>(&map)) {
        auto index = program_index(object, slot.target);
        if (!index) return fail(fmt::format("slot {}: no program '{}'", slot.index, slot.target));
        status = programs->put(slot.index, *index);
    } else if (auto* outer = dynamic_cast<MapOfMaps*>(&map)) {
        Map* inner = find(slot.target);
        if (!inner) return fail(fmt::format("slot {}: no map '{}'", slot.index, slot.target));
        status = outer->put(&slot.index, *inner, update_flag::any);
    }
    if (status == 0) return {};
    return fail(fmt::format("slot {}: '{}' does not fit: {}", slot.index, slot.target,
                            std::strerror(static_cast<int>(-status))),
                static_cast<int>(-status));
}

Map* MapSet::find(std::string_view name) const {
    for (const auto& map : maps_)
        if (map->spec().name == name) return map.get();
    return nullptr;
}

std::vector<MapAddress> MapSet::addresses() const {
    std::vector<MapAddress> result;
    for (const auto& map : maps_) {
        // Only arrays of one copy have values at a constant address (map_direct_value_addr).
        auto values = map->spec().type == MapType::array ? map->regions() : std::vector<Region>();
        result.push_back({reinterpret_cast<std::uint64_t>(map.get()),
                          values.empty() ? 0 : values.front().begin});
    }
    return result;
}

}  // namespace bpftwin
