// Members are inside their struct or union, variables inside their section, arrays below 4 GiB (the
// kernel's check_member functions and btf_datasec_check_meta).
#include <algorithm>
#include <array>

#include "btf/check.h"
#include "btf/check_each.h"
#include "btf/wire.h"

namespace bpftwin {

using namespace btf_check;

namespace {

/// Checks that a struct's or union's members are inside it.
class MemberCheck {
public:
    MemberCheck(const Btf& btf, const ValueSizes& sizes, std::uint32_t id)
        : btf_(btf), sizes_(sizes), id_(id), type_(btf.type(id)) {}

    Result<void> operator()(const BtfMember& member, std::size_t index) {
        const bool is_union = type_.kind == BtfKind::union_;
        const auto size = sizes_.of(member.type);
        if (!size) return wrong(index, describe(btf_, member.type) + " has no size");
        if (member.bit_offset < last_offset_ || (is_union && member.bit_offset != 0))
            return wrong(index, "its offset is below the one before, or not 0 in a union");
        last_offset_ = member.bit_offset;
        if (type_.kind_flag && is_odd_int(member))
            return wrong(index, "its int is not one of whole bytes");
        const auto bits = bits_of(member, *size * 8);
        if (!bits) return wrong(index, bits.error());
        if (member.bit_offset + *bits > std::uint64_t{type_.size} * 8)
            return wrong(index, "it ends beyond the type's size");
        return {};
    }

private:
    [[nodiscard]] bool is_odd_int(const BtfMember& member) const {
        const BtfType& type = btf_.type(btf_.resolve(member.type));
        return type.kind == BtfKind::int_ && !is_whole_int(type);
    }

    using Bits = std::expected<std::uint64_t, std::string_view>;

    /// Bits from the member's offset to its end, or what is wrong with them. `whole`: of its type.
    [[nodiscard]] Bits bits_of(const BtfMember& member, std::uint64_t whole) const {
        if (member.bitfield_size == 0) {
            if (member.bit_offset % 8 != 0) return std::unexpected("it does not begin at a byte");
            return whole;
        }
        const BtfKind kind = btf_.kind(btf_.resolve(member.type));
        if (kind != BtfKind::int_ && !is_enumeration(kind))
            return std::unexpected("only an int or enum can be a bit field");
        if (member.bitfield_size > whole) return std::unexpected("it is wider than its type");
        return member.bitfield_size;
    }

    [[nodiscard]] Result<void> wrong(std::size_t index, std::string_view what) const {
        const auto name = btf_.members(type_)[static_cast<std::uint32_t>(index)].name;
        return bad(btf_, id_, fmt::format("{}: {}", entry("member", index, name), what));
    }

    const Btf& btf_;
    const ValueSizes& sizes_;
    std::uint32_t id_;
    const BtfType& type_;
    std::uint32_t last_offset_ = 0;
};

Result<void> check_array_size(const Btf& btf, const ValueSizes& sizes, std::uint32_t id) {
    const auto size = sizes.of(id);
    if (size && *size <= UINT32_MAX) return {};
    return bad(btf, id, "is larger than 4 GiB");
}

/// A section of size 0 was not laid out yet: its offsets say nothing.
Result<void> check_section(const Btf& btf, std::uint32_t id) {
    const BtfType& section = btf.type(id);
    if (section.size == 0) return {};
    std::uint64_t end = 0;
    return for_each_entry(btf.section_vars(section), [&](const BtfSectionVar& v, std::size_t i) {
        const auto wrong = [&](std::string_view what) {
            return bad(btf, id,
                       fmt::format("{}: {}", entry("entry", i, btf.type(v.type).name), what));
        };
        if (v.offset < end) return Result<void>(wrong("begins before the one before it ends"));
        if (btf.size_of(v.type).value_or(0) > v.size)
            return Result<void>(wrong("is smaller than its type"));
        end = std::uint64_t{v.offset} + v.size;
        return end > section.size ? Result<void>(wrong("ends beyond the section")) : Result<void>{};
    });
}

/// By kind: 0 where a type states the size of its values; that of pointers; ValueSizes::other. The
/// larger of this and `BtfType::size` is found without branches by kind, which no processor
/// foresees.
constexpr auto least_sizes = [] {
    using namespace btf_wire;
    std::array<std::uint32_t, kind_rules.size()> sizes{};
    for (std::size_t kind = 0; kind < sizes.size(); ++kind)
        if (kind_rules[kind].word != Word::size || !is_value_kind(static_cast<BtfKind>(kind)))
            sizes[kind] = ValueSizes::other;
    sizes[static_cast<std::size_t>(BtfKind::ptr)] = pointer_size;
    return sizes;
}();

}  // namespace

ValueSizes::ValueSizes(const Btf& btf) : btf_(btf), sizes_(btf.type_count() - btf.first_id()) {
    const std::uint32_t first = btf.first_id();
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
        const BtfType& type = btf.type(first + i);
        sizes_[i] = std::max(least_sizes[static_cast<std::size_t>(type.kind)], type.size);
    }
    for (std::size_t i = 0; i < sizes_.size(); ++i)
        if (const BtfKind kind = btf.kind(first + i); is_modifier(kind) || kind == BtfKind::array)
            sizes_[i] = static_cast<std::uint32_t>(
                std::min<std::uint64_t>(btf.size_of(first + i).value_or(other), other));
}

std::optional<std::uint64_t> ValueSizes::size(std::uint32_t id) const {
    return is_value_kind(btf_.kind(id)) ? btf_.size_of(id) : std::nullopt;
}

Result<void> check_layout(const Btf& btf, const ValueSizes& sizes, std::uint32_t id) {
    const BtfType& type = btf.type(id);
    if (is_aggregate(type.kind))
        return for_each_entry(btf.members(type), MemberCheck(btf, sizes, id));
    if (type.kind == BtfKind::array) return check_array_size(btf, sizes, id);
    if (type.kind == BtfKind::datasec) return check_section(btf, id);
    return {};
}

}  // namespace bpftwin
