// Creation of an object's maps: storage, data sections, inner maps, programs of prog_arrays.
#include "vm/map_set.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "btf/btf.h"
#include "fmt/format.h"
#include "helpers/maps/arena.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/map_of_maps.h"
#include "helpers/maps/prog_array.h"
#include "helpers/maps/sharing.h"
#include "helpers/object_heap.h"

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

/// Whether values of that type can hold such a field (map_check_btf); libbpf creates maps of others
/// without types.
bool may_hold(MapType type, FieldKind kind) {
    const bool is_plain =
        type == MapType::hash || type == MapType::array || type == MapType::lru_hash;
    const bool is_pointer = kind == FieldKind::kptr || kind == FieldKind::percpu_kptr ||
                            kind == FieldKind::kptr_untrusted || kind == FieldKind::refcount;
    return is_plain ||
           (is_pointer && (type == MapType::percpu_hash || type == MapType::percpu_array ||
                           type == MapType::lru_percpu_hash));
}

/// The special fields of a map's values, by their BTF.
Result<ValueFields> fields_of(const MapSpec& spec, const Btf* btf, const Btf* kernel_types) {
    if (!btf || spec.btf_value_type_id == 0) return ValueFields{};
    auto spin_lock = map_value_spin_lock_offset(*btf, spec.btf_value_type_id);
    if (!spin_lock) return std::unexpected(spin_lock.error());
    ValueFields fields{.spin_lock = *spin_lock};
    for (const SpecialField& field : special_fields_of(*btf, spec.btf_value_type_id, kernel_types))
        if (field.kind != FieldKind::spin_lock && may_hold(spec.type, field.kind) &&
            field.offset + field.size <= spec.value_size)
            fields.others.push_back(field);
    return fields;
}

/// The heap of what the maps own: that of the shared ones, which may hold something already.
Result<std::shared_ptr<ObjectHeap>> heap_for(std::uint32_t cpu_count, const SharedMaps& shared) {
    std::shared_ptr<ObjectHeap> heap;
    for (const auto& [name, view] : shared) {
        const auto map = std::dynamic_pointer_cast<Map>(view);
        const auto theirs =
            map ? std::dynamic_pointer_cast<ObjectHeap>(map->fields().owner) : nullptr;
        if (heap && theirs && heap != theirs)
            return fail(
                fmt::format("map {}: the maps of two instances that hold objects cannot be "
                            "shared with one",
                            name));
        if (theirs) heap = theirs;
    }
    return heap ? heap : std::make_shared<ObjectHeap>(cpu_count);
}

std::optional<std::uint32_t> program_index(const ObjectSpec& object, std::string_view name) {
    auto at = std::ranges::find(object.programs, name, &ProgramSpec::name);
    if (at == object.programs.end()) return std::nullopt;
    return static_cast<std::uint32_t>(at - object.programs.begin());
}

/// The map of another instance that stands for a new one.
Result<std::shared_ptr<Map>> existing_map(const MapSpec& spec, std::uint32_t cpu_count,
                                          const ValueFields& fields,
                                          const std::shared_ptr<MapView>& other) {
    auto map = std::dynamic_pointer_cast<Map>(other);
    if (!map)
        return fail(fmt::format("cannot be map {}, which is not of an engine of this process",
                                other->spec().name));
    if (auto alike = check_sharing(spec, map->spec()); !alike)
        return std::unexpected(alike.error());
    if (map->cpu_count() != cpu_count)
        return fail(fmt::format("is for {} CPUs, the other instance's map {} for {}", cpu_count,
                                map->spec().name, map->cpu_count()));
    if (map->fields() != fields)
        return fail(
            fmt::format("cannot be the other instance's map {}, which has its "
                        "bpf_spin_lock elsewhere",
                        map->spec().name));
    return map;
}

/// @return an Error that begins with the map's name.
Result<std::shared_ptr<Map>> map_for(const MapSpec& as_given, const Btf* btf,
                                     const Btf* kernel_types, std::uint32_t cpu_count,
                                     const SharedMaps& shared,
                                     const std::shared_ptr<ObjectHeap>& heap) {
    const MapSpec spec = with_libbpf_defaults(as_given, cpu_count);
    auto fields = fields_of(spec, btf, kernel_types);
    const std::string name = "map " + as_given.name;
    if (!fields) return std::unexpected(fields.error().in(name));
    if (!fields->others.empty()) fields->owner = heap;
    const auto other = shared.find(as_given.name);
    if (other == shared.end()) return Map::create(spec, cpu_count, *fields);
    auto map = existing_map(spec, cpu_count, *fields, other->second);
    if (!map) return std::unexpected(map.error().in(name));
    return map;
}

}  // namespace

Result<MapSet> MapSet::create(const ObjectSpec& object, std::uint32_t cpu_count,
                              const SharedMaps& shared, const Btf* kernel_types) {
    if (auto known = check_shared_names(object, shared); !known)
        return std::unexpected(known.error());
    MapSet set;
    auto heap = heap_for(cpu_count, shared);
    if (!heap) return std::unexpected(heap.error());
    set.heap_ = std::move(*heap);
    set.memory_->consult(*set.heap_);
    for (const MapSpec& spec : object.maps) {
        auto map = map_for(spec, object.btf.get(), kernel_types, cpu_count, shared, set.heap_);
        if (!map) return std::unexpected(map.error());
        set.add(std::move(*map));
    }
    std::ranges::sort(set.by_address_);
    for (std::size_t i = 0; i < set.maps_.size(); ++i) {
        const std::string& name = object.maps[i].name;
        if (shared.contains(name)) continue;
        if (auto ok = set.fill(object, *set.maps_[i], kernel_types); !ok)
            return std::unexpected(ok.error().in("map " + name));
    }
    return set;
}

void MapSet::add(std::shared_ptr<Map> map) {
    for (Region& region : map->regions()) memory_->add(std::move(region));
    if (const auto* arena = dynamic_cast<const Arena*>(map.get())) memory_->consult(*arena);
    by_address_.push_back(map.get());
    maps_.push_back(std::move(map));
}

Result<void> MapSet::fill(const ObjectSpec& object, Map& map, const Btf* kernel_types) {
    if (auto* programs = dynamic_cast<ProgArray*>(&map))
        programs->admit_programs(static_cast<std::uint32_t>(object.programs.size()));
    if (auto* outer = dynamic_cast<MapOfMaps*>(&map)) {
        if (auto ok = adopt_inner_fields(object, map.spec(), *outer, kernel_types); !ok) return ok;
    }
    if (auto ok = fill_data(map); !ok) return ok;
    for (const MapSlot& slot : map.spec().slots)
        if (auto ok = fill_slot(object, map, slot); !ok) return ok;
    return {};
}

Result<void> MapSet::adopt_inner_fields(const ObjectSpec& object, const MapSpec& spec,
                                        MapOfMaps& outer, const Btf* kernel_types) {
    if (spec.inner) {
        auto fields = fields_of(*spec.inner, object.btf.get(), kernel_types);
        if (!fields) return std::unexpected(fields.error());
        outer.expect_fields(*fields);
    }
    std::vector<Map*> by_id;
    for (const auto& map : maps_) by_id.push_back(map.get());
    outer.know_maps(std::move(by_id));
    return {};
}

Result<void> MapSet::fill_slot(const ObjectSpec& object, Map& map, const MapSlot& slot) {
    long status = -EINVAL;
    if (auto* programs = dynamic_cast<ProgArray*>(&map)) {
        auto index = program_index(object, slot.target);
        if (!index) return fail(fmt::format("slot {}: no program '{}'", slot.index, slot.target));
        status = programs->put(slot.index, *index);
    } else if (auto* outer = dynamic_cast<MapOfMaps*>(&map)) {
        const auto inner = index_of_map(object, slot.target);
        if (!inner) return fail(fmt::format("slot {}: no map '{}'", slot.index, slot.target));
        status = outer->put(&slot.index, *maps_[*inner], update_flag::any);
    }
    if (status == 0) return {};
    return fail(fmt::format("slot {}: '{}' does not fit: {}", slot.index, slot.target,
                            std::strerror(static_cast<int>(-status))),
                static_cast<int>(-status));
}

namespace {

/// Where values have a constant address (map_direct_value_addr), their first; else 0.
std::uint64_t values_of(const Map& map) {
    if (const auto* arena = dynamic_cast<const Arena*>(&map)) return arena->begin();
    if (map.spec().type != MapType::array) return 0;
    const std::vector<Region> values = map.regions();
    return values.empty() ? 0 : values.front().begin;
}

}  // namespace

std::vector<MapAddress> MapSet::addresses() const {
    std::vector<MapAddress> result;
    for (const auto& map : maps_) {
        result.push_back({reinterpret_cast<std::uint64_t>(map.get()), values_of(*map)});
    }
    return result;
}

}  // namespace bpftwin
