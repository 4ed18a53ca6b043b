#include "verifier/maps.h"

#include <algorithm>
#include <optional>

#include "btf/btf.h"
#include "helpers/maps/type_info.h"
#include "verifier/map_rules.h"

namespace bpftwin::verifier {
namespace {

/// Maps whose values belong to objects of the kernel.
bool is_local_storage(MapType type) {
    return type == MapType::sk_storage || type == MapType::inode_storage ||
           type == MapType::task_storage || type == MapType::cgrp_storage;
}

/// Whether values of such maps may hold such a field (map_check_btf).
bool may_hold(MapType type, FieldKind kind) {
    if (kind == FieldKind::uptr) return type == MapType::task_storage;
    if (type == MapType::array || type == MapType::hash) return true;
    switch (kind) {
        case FieldKind::spin_lock:
        case FieldKind::res_spin_lock:
            return type == MapType::cgroup_storage || is_local_storage(type);
        case FieldKind::timer:
        case FieldKind::workqueue:
        case FieldKind::task_work:
        case FieldKind::list_head:
        case FieldKind::rb_root: return type == MapType::lru_hash;
        case FieldKind::kptr_untrusted:
        case FieldKind::kptr:
        case FieldKind::percpu_kptr:
        case FieldKind::refcount:
            return type == MapType::percpu_hash || type == MapType::lru_hash ||
                   type == MapType::lru_percpu_hash || type == MapType::percpu_array ||
                   is_local_storage(type);
        case FieldKind::uptr:
        case FieldKind::list_node:
        case FieldKind::rb_node: break;
    }
    return false;
}

bool is_refused(const Map& map) {
    if (!map.fields.empty() && (!map.can_read() || !map.can_write())) return true;
    return std::ranges::any_of(
        map.fields, [&](const SpecialField& field) { return !may_hold(map.type(), field.kind); });
}

Map map_of(const ObjectSpec& object, const MapSpec& spec, const Btf* kernel) {
    Map map{.spec = &spec};
    if (object.btf && spec.btf_value_type_id != 0) {
        map.has_btf = true;
        map.fields = special_fields_of(*object.btf, spec.btf_value_type_id, kernel);
        map.is_refused = is_refused(map);
    }
    return map;
}

}  // namespace

const SpecialField* Map::field(FieldKind kind) const {
    const auto found = std::ranges::find(fields, kind, &SpecialField::kind);
    return found == fields.end() ? nullptr : &*found;
}

unsigned Map::field_set() const {
    constexpr std::pair<FieldKind, unsigned> bits[] = {
        {FieldKind::list_head, map_field::list_head},
        {FieldKind::rb_root, map_field::rb_root},
        {FieldKind::spin_lock, map_field::spin_lock},
        {FieldKind::res_spin_lock, map_field::spin_lock},
        {FieldKind::timer, map_field::timer},
        {FieldKind::workqueue, map_field::work_queue}};
    unsigned set = 0;
    for (const auto& [kind, bit] : bits)
        if (field(kind)) set |= bit;
    return set;
}

bool Map::is_constant() const {
    return spec->frozen && (spec->map_flags & map_flag::rdonly_prog) != 0;
}

bool Map::can_read() const { return (spec->map_flags & map_flag::wronly_prog) == 0; }
bool Map::can_write() const { return (spec->map_flags & map_flag::rdonly_prog) == 0; }
bool Map::has_direct_values() const { return type() == MapType::array || type() == MapType::arena; }

std::vector<Map> maps_of(const ObjectSpec& object, const Btf* kernel) {
    std::vector<Map> maps;
    for (const MapSpec& spec : object.maps) maps.push_back(map_of(object, spec, kernel));
    for (std::size_t i = 0; i < object.maps.size(); ++i) {
        if (!object.maps[i].inner) continue;
        maps[i].inner = static_cast<std::int32_t>(maps.size());
        maps.push_back(map_of(object, *object.maps[i].inner, kernel));
    }
    return maps;
}

}  // namespace bpftwin::verifier
