#include "helpers/special_fields.h"

#include <algorithm>
#include <optional>
#include <span>

namespace bpftwin {
namespace {

struct FieldType {
    FieldKind kind;
    std::string_view name;
    std::uint32_t size, align;
    bool unique;
};
constexpr FieldType field_types[] = {
#define SPECIAL_FIELD(name, type, size, align, unique) \
    {FieldKind::name, #type, size, align, unique},
#include "helpers/special_fields.def"
};

struct PointerTag {
    FieldKind kind;
    std::string_view tag;
};
constexpr PointerTag pointer_tags[] = {{FieldKind::kptr_untrusted, "kptr_untrusted"},
                                       {FieldKind::kptr, "kptr"},
                                       {FieldKind::percpu_kptr, "percpu_kptr"},
                                       {FieldKind::uptr, "uptr"}};
constexpr std::uint32_t pointer_size = 8;

/// Objects of the kernel that maps may own, as the kernel knows how to give them back
/// (register_btf_id_dtor_kfuncs).
constexpr std::string_view owned_objects[] = {"task_struct",         "cgroup",
                                              "bpf_cpumask",         "bpf_crypto_ctx",
                                              "prog_test_ref_kfunc", "prog_test_member"};

using Kinds = std::uint32_t;
constexpr Kinds bit(FieldKind kind) { return Kinds{1} << static_cast<unsigned>(kind); }
template <class... K>
constexpr Kinds kinds(K... kind) {
    return (bit(kind) | ...);
}

constexpr Kinds kptrs = kinds(FieldKind::kptr_untrusted, FieldKind::kptr, FieldKind::percpu_kptr);
/// Kinds by which the kernel finds structs of objects, but for pointers (alloc_obj_fields).
constexpr Kinds telling = kinds(FieldKind::spin_lock, FieldKind::list_head, FieldKind::list_node,
                                FieldKind::rb_root, FieldKind::rb_node, FieldKind::refcount);
constexpr Kinds of_objects = telling | kptrs | bit(FieldKind::res_spin_lock);
constexpr Kinds roots = kinds(FieldKind::list_head, FieldKind::rb_root);
constexpr Kinds nodes = kinds(FieldKind::list_node, FieldKind::rb_node);
constexpr Kinds of_values = (of_objects & ~nodes) | kinds(FieldKind::timer, FieldKind::workqueue,
                                                          FieldKind::task_work, FieldKind::uptr);
constexpr Kinds repeatable = kptrs | roots | bit(FieldKind::uptr);

/// What a pointer's tag says of its target.
const PointerTag* pointer_tag(const Btf& btf, const BtfType& pointer) {
    const BtfType& tag = btf.type(pointer.type);
    if (tag.kind != BtfKind::type_tag || tag.kind_flag) return nullptr;
    const auto found = std::ranges::find(pointer_tags, tag.name, &PointerTag::tag);
    return found == std::end(pointer_tags) ? nullptr : found;
}

/// The fields of one type (btf_find_field). Functions return false where the kernel finds a
/// mistake; names of types and modifiers hide what is behind them, as they do for the kernel.
class FieldFinder {
public:
    FieldFinder(const Btf& btf, Kinds wanted, const Btf* kernel)
        : btf_(btf), kernel_(kernel), wanted_(wanted) {}

    /// Nothing: one is wrong.
    std::optional<std::vector<SpecialField>> find(std::uint32_t id) {
        const BtfType& type = btf_.type(id);
        const bool is_known = type.kind == BtfKind::struct_ || type.kind == BtfKind::datasec;
        if (!is_known ||
            !(type.kind == BtfKind::struct_ ? add_members(id, 0, 0) : add_variables(type)))
            return std::nullopt;
        if (!fit_together()) return std::nullopt;
        std::ranges::sort(fields_, {}, &SpecialField::offset);
        return std::move(fields_);
    }

private:
    /// The most that the kernel keeps of one type, and how deep it looks.
    static constexpr std::size_t max_fields = 11;
    static constexpr unsigned max_depth = 32;
    /// Structs of no size may hold any number of others.
    static constexpr std::size_t max_visits = 1 << 16;

    /// What a tag may say more of: a member of a struct, or a variable.
    struct Owner {
        std::uint32_t type;
        std::int32_t component;
    };

    bool add_members(std::uint32_t id, std::uint32_t offset, unsigned depth) {
        if (++visits_ > max_visits) return false;
        for (std::int32_t i = 0; const BtfMember& member : btf_.members(btf_.type(id))) {
            if (member.bit_offset % 8 != 0) return false;
            if (!add({id, i++}, member.type, offset + member.bit_offset / 8, 0, depth))
                return false;
        }
        return true;
    }

    bool add_variables(const BtfType& section) {
        return std::ranges::all_of(btf_.section_vars(section), [&](const BtfSectionVar& variable) {
            return add({variable.type, -1}, btf_.type(variable.type).type, variable.offset,
                       variable.size, 0);
        });
    }

    /// @param expected_size of a variable, 0: any
    bool add(Owner owner, std::uint32_t id, std::uint32_t offset, std::uint32_t expected_size,
             unsigned depth) {
        std::uint64_t elements = 1;
        unsigned arrays = 0;
        for (; btf_.kind(id) == BtfKind::array && arrays < max_depth; ++arrays) {
            elements = std::min<std::uint64_t>(elements * btf_.type(id).count, UINT32_MAX);
            id = btf_.type(id).type;
        }
        if (arrays == max_depth) return false;
        if (elements == 0) return true;
        const std::size_t before = fields_.size();
        const BtfType& type = btf_.type(id);
        const auto fits = [&](std::uint64_t size) {
            return expected_size == 0 || expected_size == size * elements;
        };
        const auto special = std::ranges::find(field_types, type.name, &FieldType::name);
        if (special != std::end(field_types) && (wanted_ & bit(special->kind)) != 0) {
            if (special->unique && (seen_ & bit(special->kind)) != 0) return false;
            seen_ |= bit(special->kind);
            if (!fits(special->size) || offset % special->align != 0) return true;
            return add_special(owner, type, *special, offset) &&
                   repeat(before, elements, special->size);
        }
        if (type.kind == BtfKind::struct_)
            return !fits(type.size) ||
                   (depth + 1 < max_depth && add_members(id, offset, depth + 1) &&
                    repeat(before, elements, type.size));
        if (!fits(pointer_size) || offset % pointer_size != 0) return true;
        return add_pointer(id, offset) && repeat(before, elements, pointer_size);
    }

    bool add_special(Owner owner, const BtfType& type, const FieldType& special,
                     std::uint32_t offset) {
        if (type.kind != BtfKind::struct_ || type.size != special.size) return true;
        SpecialField field{special.kind, offset, special.size};
        if ((bit(special.kind) & roots) != 0 && !find_elements(field, owner)) return false;
        return push(field);
    }

    bool push(const SpecialField& field) {
        fields_.push_back(field);
        return fields_.size() <= max_fields;
    }

    /// The same fields in all elements of an array.
    bool repeat(std::size_t first, std::uint64_t elements, std::uint32_t size) {
        const std::size_t end = fields_.size();
        if (elements == 1 || first == end) return true;
        for (std::size_t i = first; i < end; ++i)
            if ((bit(fields_[i].kind) & repeatable) == 0) return false;
        for (std::uint64_t element = 1; element < elements; ++element)
            for (std::size_t i = first; i < end; ++i) {
                SpecialField field = fields_[i];
                field.offset += static_cast<std::uint32_t>(element * size);
                if (!push(field)) return false;
            }
        return true;
    }

    bool add_pointer(std::uint32_t id, std::uint32_t offset) {
        if ((wanted_ & (kptrs | bit(FieldKind::uptr))) == 0) return true;
        if (btf_.kind(id) == BtfKind::volatile_) id = btf_.type(id).type;
        const BtfType& pointer = btf_.type(id);
        if (pointer.kind != BtfKind::ptr || btf_.kind(pointer.type) != BtfKind::type_tag)
            return true;
        const BtfType& tag = btf_.type(pointer.type);
        if (tag.kind_flag) return true;
        const PointerTag* found = pointer_tag(btf_, pointer);
        if (!found || btf_.kind(tag.type) == BtfKind::type_tag) return false;
        if ((wanted_ & bit(found->kind)) == 0) return true;
        const std::uint32_t target = btf_.resolve(tag.type);
        if (btf_.kind(target) != BtfKind::struct_ || !may_own(found->kind, target)) return false;
        return push({found->kind, offset, pointer_size, target});
    }

    /// Whether the kernel can give back what the pointer owns, or keep it (btf_parse_kptr).
    [[nodiscard]] bool may_own(FieldKind kind, std::uint32_t target) const {
        constexpr std::uint32_t page_size = 4096;
        const BtfType& type = btf_.type(target);
        const bool is_kernels = kernel_ && kernel_->find(type.name, BtfKind::struct_).has_value();
        if (kind == FieldKind::uptr) return !is_kernels && type.size != 0 && type.size <= page_size;
        return kind != FieldKind::kptr || !is_kernels ||
               std::ranges::count(owned_objects, type.name) != 0;
    }

    /// The elements that the tag "contains:STRUCT:MEMBER" says (btf_find_graph_root).
    bool find_elements(SpecialField& root, Owner owner) const {
        const std::string_view element = tag_of(owner, "contains:");
        const std::size_t colon = element.find(':');
        if (colon == std::string_view::npos) return false;
        const auto type = btf_.find(element.substr(0, colon), BtfKind::struct_);
        const std::string_view member = element.substr(colon + 1);
        const FieldKind wanted =
            root.kind == FieldKind::list_head ? FieldKind::list_node : FieldKind::rb_node;
        const FieldType& node_type = field_types[static_cast<std::size_t>(wanted)];
        if (!type || member.empty()) return false;
        bool is_found = false;
        for (const BtfMember& node : btf_.members(btf_.type(*type))) {
            if (node.name != member) continue;
            const BtfType& found = btf_.type(node.type);
            if (is_found || found.kind != BtfKind::struct_ || found.name != node_type.name ||
                node.bit_offset % (8 * node_type.align) != 0)
                return false;
            is_found = true;
            root.type = *type;
            root.node_offset = node.bit_offset / 8;
        }
        return is_found;
    }

    /// What follows `begin` in the one such tag of the owner; empty: there is none, or several.
    [[nodiscard]] std::string_view tag_of(Owner owner, std::string_view begin) const {
        std::string_view value;
        for (std::uint32_t id = 1; id < btf_.type_count(); ++id) {
            const BtfType& tag = btf_.type(id);
            if (tag.kind != BtfKind::decl_tag || tag.type != owner.type ||
                tag.component != owner.component || !tag.name.starts_with(begin))
                continue;
            if (!value.empty()) return {};
            value = tag.name.substr(begin.size());
        }
        return value;
    }

    /// Lists and trees need a lock, an object in both a count.
    [[nodiscard]] bool fit_together() const {
        Kinds all = 0;
        for (const SpecialField& field : fields_) all |= bit(field.kind);
        constexpr Kinds locks = kinds(FieldKind::spin_lock, FieldKind::res_spin_lock);
        if ((all & roots) != 0 && (all & locks) == 0) return false;
        if ((all & locks) == locks) return false;
        return (all & nodes) != nodes || (all & bit(FieldKind::refcount)) != 0;
    }

    const Btf& btf_;
    const Btf* kernel_;
    Kinds wanted_, seen_ = 0;
    std::vector<SpecialField> fields_;
    std::size_t visits_ = 0;
};

/// Whether a member is, without arrays, structs or names between, a field that tells of an object.
bool tells(const Btf& types, const BtfMember& member) {
    const BtfType& type = types.type(member.type);
    const auto special = std::ranges::find(field_types, type.name, &FieldType::name);
    if (type.kind == BtfKind::struct_ && special != std::end(field_types))
        return (bit(special->kind) & telling) != 0 &&
               types.find(type.name, BtfKind::struct_) == member.type;
    if (type.kind != BtfKind::ptr && type.kind != BtfKind::volatile_) return false;
    const BtfType& pointer = type.kind == BtfKind::ptr ? type : types.type(type.type);
    if (pointer.kind != BtfKind::ptr) return false;
    const PointerTag* tag = pointer_tag(types, pointer);
    return tag && tag->kind != FieldKind::uptr &&
           types.kind(types.resolve(pointer.type)) == BtfKind::struct_;
}

bool is_object(const Btf& types, std::uint32_t id) {
    const BtfType& type = types.type(id);
    return type.kind == BtfKind::struct_ &&
           std::ranges::any_of(types.members(type),
                               [&](const BtfMember& member) { return tells(types, member); });
}

bool has(std::span<const SpecialField> fields, Kinds wanted) {
    return std::ranges::any_of(
        fields, [&](const SpecialField& field) { return (bit(field.kind) & wanted) != 0; });
}

/// Whether the elements of lists and trees are objects, and no list can hold itself
/// (btf_check_and_fixup_fields).
bool has_wrong_elements(const Btf& types, std::span<const SpecialField> fields, const Btf* kernel) {
    const bool is_element = has(fields, nodes);
    return std::ranges::any_of(fields, [&](const SpecialField& field) {
        if ((bit(field.kind) & roots) == 0) return false;
        const auto elements = object_fields_of(types, field.type, kernel);
        return elements.empty() || (is_element && has(elements, roots));
    });
}

}  // namespace

std::string_view text_of(FieldKind kind) {
    const auto pointer = std::ranges::find(pointer_tags, kind, &PointerTag::kind);
    if (pointer != std::end(pointer_tags)) return pointer->tag;
    return field_types[static_cast<std::size_t>(kind)].name;
}

std::vector<SpecialField> special_fields_of(const Btf& types, std::uint32_t value,
                                            const Btf* kernel) {
    return FieldFinder(types, of_values, kernel)
        .find(types.resolve(value))
        .value_or(std::vector<SpecialField>{});
}

std::vector<SpecialField> object_fields_of(const Btf& types, std::uint32_t object,
                                           const Btf* kernel) {
    if (!is_object(types, object)) return {};
    return FieldFinder(types, of_objects, kernel)
        .find(object)
        .value_or(std::vector<SpecialField>{});
}

bool has_wrong_fields(const Btf& types, const Btf* kernel) {
    for (std::uint32_t id = 1; id < types.type_count(); ++id) {
        if (!is_object(types, id)) continue;
        const auto fields = object_fields_of(types, id, kernel);
        if (fields.empty() || has_wrong_elements(types, fields, kernel)) return true;
    }
    return false;
}

}  // namespace bpftwin
