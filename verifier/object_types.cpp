#include "verifier/object_types.h"

#include <algorithm>

#include "bpftwin/error.h"
#include "fmt/format.h"

namespace bpftwin::verifier {

const Btf& ObjectTypes::of(const Reg& pointer) const {
    const bool is_kernels = pointer.uid == static_cast<std::uint32_t>(TypeSource::kernel);
    const Btf* types = is_kernels ? kernel : program;
    if (!types) bug("an object of unknown types");
    return *types;
}

std::string_view ObjectTypes::name_of(const Reg& pointer) const {
    return of(pointer).type(static_cast<std::uint32_t>(pointer.target)).name;
}

std::string_view shown_name(std::string_view name) { return name.empty() ? "(anon)" : name; }

Reg object_pointer(std::uint32_t type, std::uint16_t flags, TypeSource source) {
    Reg reg = Reg::pointer({RegKind::ptr_to_btf_id, flags});
    reg.target = static_cast<std::int32_t>(type);
    reg.uid = static_cast<std::uint32_t>(source);
    return reg;
}

namespace {

constexpr int object_pointer_size = 8;

/// The way through a struct and the structs in it to a field, one call for each struct that begins
/// where the field does (btf_struct_walk).
class StructWalk {
public:
    StructWalk(const Btf& types, std::int64_t offset, int size)
        : types_(types), off_(offset), size_(size) {}

    Checked<ObjectField> from(std::uint32_t id);

private:
    /// A member, of arrays the element that `off_` is in.
    struct Member {
        std::string_view name;
        std::uint32_t type = 0;  ///< Without modifiers.
        std::int64_t begin = 0, size = 0;
        std::int64_t end = 0;  ///< Of the whole array.
    };
    enum class Found : std::uint8_t { no, member, bitfield };

    Checked<bool> enter_flexible_array(const BtfType& type);
    Checked<Found> find(const BtfType& type, Member& found) const;
    [[nodiscard]] bool covers_bitfield(const BtfMember& member) const;
    [[nodiscard]] Member resolve(const BtfMember& member, std::int64_t size) const;
    Checked<ObjectField> pointer(const BtfType& parent, const Member& member);
    /// The next call goes on with the struct that begins here.
    ObjectField enter(std::uint32_t type) {
        off_ = 0;
        return {ObjectField::Kind::nested, type, flags_, {}};
    }
    [[nodiscard]] std::unexpected<Rejection> beyond(const BtfType& type) const {
        return reject(EACCES, fmt::format("access beyond struct {} at off {} size {}",
                                          shown_name(type.name), off_, size_));
    }

    const Btf& types_;
    std::int64_t off_;
    int size_;
    std::uint32_t id_ = 0;
    std::uint16_t flags_ = no_flag;
};

/// What a flexible array at the end has in it may be accessed at any distance.
/// @return false: there are scalars.
Checked<bool> StructWalk::enter_flexible_array(const BtfType& type) {
    const auto members = types_.members(type);
    if (members.empty()) return beyond(type);
    const BtfMember& last = members.back();
    const BtfType& array = types_.type(types_.resolve(last.type));
    const std::int64_t begin = last.bit_offset / 8;
    if (array.kind != BtfKind::array || array.count != 0 || off_ < begin) return beyond(type);
    const std::uint32_t element = types_.resolve(array.type);
    if (types_.kind(element) == BtfKind::int_) return false;
    if (!is_aggregate(types_.kind(element)) || types_.type(element).size == 0) return beyond(type);
    off_ = (off_ - begin) % types_.type(element).size;
    id_ = element;
    flags_ |= ptr_untrusted;
    return true;
}

bool StructWalk::covers_bitfield(const BtfMember& member) const {
    const std::int64_t end = (member.bit_offset + member.bitfield_size + 7) / 8;
    return off_ <= member.bit_offset / 8 && end <= off_ + size_;
}

StructWalk::Member StructWalk::resolve(const BtfMember& member, std::int64_t size) const {
    Member found{.name = member.name, .type = types_.resolve(member.type)};
    found.begin = member.bit_offset / 8;
    found.size = size;
    found.end = found.begin + size;
    if (types_.kind(found.type) != BtfKind::array) return found;
    while (types_.kind(found.type) == BtfKind::array)
        found.type = types_.resolve(types_.type(found.type).type);
    found.size = static_cast<std::int64_t>(types_.size_of(found.type).value_or(0));
    if (found.size != 0) found.begin += (off_ - found.begin) / found.size * found.size;
    return found;
}

Checked<StructWalk::Found> StructWalk::find(const BtfType& type, Member& found) const {
    for (const BtfMember& member : types_.members(type)) {
        const std::int64_t begin = member.bit_offset / 8;
        if (off_ + size_ <= begin) break;
        if (member.bitfield_size != 0) {
            if (covers_bitfield(member)) return Found::bitfield;
            continue;
        }
        if (off_ < begin) break;
        const auto size = types_.size_of(member.type);
        if (!size)
            return reject(EFAULT,
                          fmt::format("field {} doesn't have size", shown_name(member.name)));
        if (off_ >= begin + static_cast<std::int64_t>(*size)) continue;
        found = resolve(member, static_cast<std::int64_t>(*size));
        return Found::member;
    }
    return Found::no;
}

/// What a tag says of memory behind a pointer.
std::uint16_t flags_of_tag(const BtfType& tag) {
    if (tag.kind != BtfKind::type_tag || tag.kind_flag) return no_flag;
    if (tag.name == "user") return mem_user;
    if (tag.name == "percpu") return mem_percpu;
    return tag.name == "rcu" ? mem_rcu : no_flag;
}

Checked<ObjectField> StructWalk::pointer(const BtfType& parent, const Member& member) {
    if (size_ != object_pointer_size || off_ != member.begin)
        return reject(EACCES, fmt::format("cannot access ptr member {} with moff {} in struct {} "
                                          "with off {} size {}",
                                          shown_name(member.name), member.begin,
                                          shown_name(parent.name), off_, size_));
    const std::uint32_t target = types_.type(member.type).type;
    const std::uint32_t object = types_.resolve(target);
    if (!is_aggregate(types_.kind(object))) return ObjectField{ObjectField::Kind::memory};
    flags_ |= flags_of_tag(types_.type(target));
    return ObjectField{ObjectField::Kind::object, object, flags_, member.name};
}

Checked<ObjectField> StructWalk::from(std::uint32_t id) {
    id_ = types_.resolve(id);
    for (;;) {
        const BtfType& type = types_.type(id_);
        if (!is_aggregate(type.kind))
            return reject(EINVAL, fmt::format("Type '{}' is not a struct", shown_name(type.name)));
        if (type.kind == BtfKind::union_ && type.count != 1) flags_ |= ptr_untrusted;
        if (off_ < 0) return beyond(type);
        if (off_ + size_ > type.size) {
            const auto entered = enter_flexible_array(type);
            if (!entered) return std::unexpected(entered.error());
            if (!*entered) return ObjectField{};
            continue;
        }
        Member member;
        const auto found = find(type, member);
        if (!found) return std::unexpected(found.error());
        if (*found == Found::bitfield) return ObjectField{};
        if (*found == Found::no)
            return reject(EINVAL, fmt::format("struct {} doesn't have field at offset {}",
                                              shown_name(type.name), off_));
        const BtfKind kind = types_.kind(member.type);
        if (is_aggregate(kind)) {
            if (off_ == member.begin) return enter(member.type);
            off_ -= member.begin;
            id_ = member.type;
            continue;
        }
        if (kind == BtfKind::ptr) return pointer(type, member);
        if (off_ + size_ > member.end && (flags_ & ptr_untrusted) == 0)
            return reject(EACCES,
                          fmt::format("access beyond the end of member {} (mend:{}) in struct {} "
                                      "with off {} size {}",
                                      shown_name(member.name), member.end, shown_name(type.name),
                                      off_, size_));
        return ObjectField{};
    }
}

}  // namespace

Checked<ObjectField> field_of(const Btf& types, std::uint32_t type, std::int64_t offset, int size) {
    StructWalk walk(types, offset, size);
    auto field = walk.from(type);
    while (field && field->kind == ObjectField::Kind::nested) field = walk.from(field->type);
    return field;
}

bool has_struct(const Btf& types, std::uint32_t type, std::int64_t offset, std::uint32_t wanted,
                bool strict) {
    if (offset == 0 && type == wanted) return true;
    if (strict) return false;
    StructWalk walk(types, offset, 1);
    for (auto field = walk.from(type); field && field->kind == ObjectField::Kind::nested;
         field = walk.from(field->type))
        if (field->type == wanted) return true;
    return false;
}

bool is_listed(const Btf& types, std::uint32_t parent, std::string_view list,
               const ObjectField& field) {
    const BtfType& walked = types.type(parent);
    const auto id = types.find(fmt::format("{}{}", walked.name, list), walked.kind);
    if (!id) return false;
    return std::ranges::any_of(types.members(types.type(*id)), [&](const BtfMember& member) {
        const BtfType& type = types.type(member.type);
        return type.kind == BtfKind::ptr && member.name == field.name &&
               types.resolve(type.type) == field.type;
    });
}

}  // namespace bpftwin::verifier
