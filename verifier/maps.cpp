#include "verifier/maps.h"

#include <algorithm>
#include <optional>

#include "btf/btf.h"
#include "helpers/maps/type_info.h"
#include "verifier/map_rules.h"

namespace bpftwin::verifier {
namespace {

struct FieldType {
    FieldKind kind;
    std::string_view name;
    std::uint32_t size;
};
constexpr FieldType field_types[] = {
#define SPECIAL_FIELD(name, type, size) {FieldKind::name, #type, size},
#include "verifier/special_fields.def"
};

/// Bounds the walk over a value's type: no kernel accepts more special fields.
constexpr std::size_t max_fields = 11;
constexpr unsigned max_depth = 32;
constexpr std::size_t max_visits = 1 << 16;

const FieldType* field_type(const BtfType& type) {
    if (type.kind != BtfKind::struct_) return nullptr;
    const auto found = std::ranges::find(field_types, type.name, &FieldType::name);
    return found == std::end(field_types) ? nullptr : found;
}

struct PointerTag {
    FieldKind kind;
    std::string_view tag;
};
constexpr PointerTag pointer_tags[] = {{FieldKind::kptr_untrusted, "kptr_untrusted"},
                                       {FieldKind::kptr, "kptr"},
                                       {FieldKind::percpu_kptr, "percpu_kptr"},
                                       {FieldKind::uptr, "uptr"}};

/// What a pointer's tag says of its target.
const PointerTag* pointer_tag(const Btf& btf, const BtfType& pointer) {
    const BtfType& tag = btf.type(pointer.type);
    if (tag.kind != BtfKind::type_tag || tag.kind_flag) return nullptr;
    const auto found = std::ranges::find(pointer_tags, tag.name, &PointerTag::tag);
    return found == std::end(pointer_tags) ? nullptr : found;
}

class FieldFinder {
public:
    explicit FieldFinder(const Btf& btf) : btf_(btf) {}

    std::vector<SpecialField> find(std::uint32_t type) {
        add(type, {type, -1}, 0, 0);
        // Kernels that find a mistake, or more than they can keep, know of none.
        if (!is_valid_ || fields_.size() > max_fields) return {};
        std::ranges::sort(fields_, {}, &SpecialField::offset);
        return std::move(fields_);
    }

private:
    /// What a tag may say more of: a member of a struct, or a variable.
    struct Owner {
        std::uint32_t type;
        std::int32_t component;
    };

    void add(std::uint32_t id, Owner owner, std::uint32_t offset, unsigned depth) {
        if (fields_.size() > max_fields || depth > max_depth || ++visits_ > max_visits) return;
        id = btf_.resolve(id);
        const BtfType& type = btf_.type(id);
        if (type.kind == BtfKind::array) return add_elements(type, owner, offset, depth);
        if (const FieldType* special = field_type(type))
            return fields_.push_back(with_elements({special->kind, offset, special->size}, owner));
        if (type.kind == BtfKind::ptr)
            if (const PointerTag* tag = pointer_tag(btf_, type))
                return fields_.push_back({tag->kind, offset, 8, btf_.resolve(type.type)});
        if (type.kind == BtfKind::struct_)
            for (std::int32_t i = 0; const BtfMember& member : btf_.members(type))
                add(member.type, {id, i++}, offset + member.bit_offset / 8, depth + 1);
        if (type.kind == BtfKind::datasec)
            for (const BtfSectionVar& variable : btf_.section_vars(type))
                add(btf_.type(variable.type).type, {variable.type, -1}, offset + variable.offset,
                    depth + 1);
    }

    /// The elements that the tag "contains:STRUCT:MEMBER" says (btf_find_graph_root).
    SpecialField with_elements(SpecialField field, Owner owner) {
        const bool is_list = field.kind == FieldKind::list_head;
        if (!is_list && field.kind != FieldKind::rb_root) return field;
        const std::string_view element = tag_of(owner, "contains:");
        const std::size_t colon = std::min(element.find(':'), element.size());
        const std::string_view member = element.substr(std::min(colon + 1, element.size()));
        const std::string_view wanted = is_list ? "bpf_list_node" : "bpf_rb_node";
        const bool others_are_valid = is_valid_;
        is_valid_ = false;
        const auto type = btf_.find(element.substr(0, colon), BtfKind::struct_);
        if (!type) return field;
        for (const BtfMember& node : btf_.members(btf_.type(*type))) {
            if (node.name != member || btf_.type(btf_.resolve(node.type)).name != wanted) continue;
            field.type = *type;
            field.node_offset = node.bit_offset / 8;
            is_valid_ = others_are_valid;
            break;
        }
        return field;
    }

    /// What follows `begin` in a tag of the owner; empty: there is none.
    [[nodiscard]] std::string_view tag_of(Owner owner, std::string_view begin) const {
        for (std::uint32_t id = 1; id < btf_.type_count(); ++id) {
            const BtfType& tag = btf_.type(id);
            if (tag.kind == BtfKind::decl_tag && tag.type == owner.type &&
                tag.component == owner.component && tag.name.starts_with(begin))
                return tag.name.substr(begin.size());
        }
        return {};
    }

    void add_elements(const BtfType& array, Owner owner, std::uint32_t offset, unsigned depth) {
        const auto size = btf_.size_of(array.type);
        if (!size) return;
        const std::size_t before = fields_.size();
        for (std::uint32_t i = 0; i < array.count; ++i) {
            add(array.type, owner, offset + static_cast<std::uint32_t>(i * *size), depth + 1);
            if (fields_.size() == before || fields_.size() > max_fields) return;
        }
    }

    const Btf& btf_;
    std::vector<SpecialField> fields_;
    std::size_t visits_ = 0;  ///< Of types: structs of no size may hold any number of others.
    bool is_valid_ = true;    ///< Of no fields are known where one is wrong.
};

Map map_of(const ObjectSpec& object, const MapSpec& spec) {
    Map map{.spec = &spec};
    if (object.btf && spec.btf_value_type_id != 0) {
        map.has_btf = true;
        map.fields = special_fields_of(*object.btf, spec.btf_value_type_id);
    }
    return map;
}

}  // namespace

std::vector<SpecialField> special_fields_of(const Btf& types, std::uint32_t type) {
    return FieldFinder(types).find(type);
}

std::string_view text_of(FieldKind kind) {
    const auto pointer = std::ranges::find(pointer_tags, kind, &PointerTag::kind);
    if (pointer != std::end(pointer_tags)) return pointer->tag;
    return field_types[static_cast<std::size_t>(kind)].name;
}

const SpecialField* Map::field(FieldKind kind) const {
    const auto found = std::ranges::find(fields, kind, &SpecialField::kind);
    return found == fields.end() ? nullptr : &*found;
}

unsigned Map::field_set() const {
    constexpr std::pair<FieldKind, unsigned> bits[] = {
        {FieldKind::list_head, map_field::list_head},
        {FieldKind::rb_root, map_field::rb_root},
        {FieldKind::spin_lock, map_field::spin_lock},
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

std::vector<Map> maps_of(const ObjectSpec& object) {
    std::vector<Map> maps;
    for (const MapSpec& spec : object.maps) maps.push_back(map_of(object, spec));
    for (std::size_t i = 0; i < object.maps.size(); ++i) {
        if (!object.maps[i].inner) continue;
        maps[i].inner = static_cast<std::int32_t>(maps.size());
        maps.push_back(map_of(object, *object.maps[i].inner));
    }
    return maps;
}

}  // namespace bpftwin::verifier
