// Names of kinds and paths; the values that paths stand for.
#include "btf/core.h"

#include <array>
#include <cerrno>
#include <limits>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace bpftwin {
namespace {

struct KindRow {
    std::string_view text;
    CoreSubject subject;
};

constexpr auto kinds = std::to_array<KindRow>({
#define CORE_KIND(enumerator, text, subject) {text, CoreSubject::subject},
#include "btf/core_kind.def"
});

const KindRow& row_of(CoreKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

/// Part of a value's answer: the value, and the size of the field that is read at a byte offset.
struct Answer {
    std::uint64_t value = 0;
    std::uint32_t size = 0;
    std::uint32_t type = 0;  ///< Of the field of that size.
    bool is_certain = true;
};

/// A bit field as a load of whole bytes sees it, or any field.
struct Extent {
    std::uint32_t byte_offset, byte_size;
    std::uint32_t bit_offset, bit_size;
    bool is_bit_field;
};

/// The least bytes, aligned to their number, that hold the bits.
Result<Extent> bit_field_extent(std::uint32_t bit_offset, std::uint32_t bits, std::uint32_t bytes) {
    if (bytes == 0) return fail("a bit field of a type without a size", EINVAL);
    std::uint32_t at = bit_offset / 8 / bytes * bytes;
    while (std::uint64_t{bit_offset} + bits - at * 8ULL > bytes * 8ULL) {
        if (bytes >= 8) return fail("a bit field that no 8 aligned bytes hold", E2BIG);
        bytes *= 2;
        at = bit_offset / 8 / bytes * bytes;
    }
    return Extent{at, bytes, bit_offset, bits, true};
}

Result<std::uint32_t> size_of(const Btf& btf, std::uint32_t id) {
    const auto size = btf.size_of(id);
    if (!size || *size > std::numeric_limits<std::uint32_t>::max())
        return fail(describe(btf, id) + " has no size", EINVAL);
    return static_cast<std::uint32_t>(*size);
}

BtfMember member_of(const CorePath& path) {
    const CoreStep& last = path.steps.back();
    return path.btf->members(path.btf->type(last.type))[last.index];
}

Result<Extent> extent_of(const CorePath& path, const BtfMember& member) {
    const std::uint32_t type = path.btf->resolve(member.type);
    if (member.bitfield_size != 0)
        return bit_field_extent(path.bit_offset, member.bitfield_size, path.btf->type(type).size);
    const auto size = size_of(*path.btf, type);
    if (!size) return std::unexpected(size.error());
    return Extent{path.bit_offset / 8, *size, path.bit_offset, *size * 8, false};
}

bool is_signed(const BtfType& type) {
    return (is_enumeration(type.kind) && type.kind_flag) ||
           (type.kind == BtfKind::int_ && type.is_signed);
}

Result<Answer> element_answer(const CorePath& path) {
    const std::uint32_t type = path.steps.back().type;
    if (path.kind != CoreKind::field_byte_offset && path.kind != CoreKind::field_byte_size)
        return fail(fmt::format("{} of an array element, which is no field", name_of(path.kind)),
                    EINVAL);
    const auto size = size_of(*path.btf, type);
    if (!size) return std::unexpected(size.error());
    if (path.kind == CoreKind::field_byte_size) return Answer{.value = *size};
    return Answer{.value = path.bit_offset / 8, .size = *size, .type = type};
}

/// Compilers may choose other bytes for a bit field than libbpf: only sign and width are certain.
Result<Answer> member_answer(const CorePath& path) {
    const BtfMember& member = member_of(path);
    const std::uint32_t type = path.btf->resolve(member.type);
    const auto extent = extent_of(path, member);
    if (!extent) return std::unexpected(extent.error());
    const bool is_plain = !extent->is_bit_field;
    switch (path.kind) {
        case CoreKind::field_byte_offset:
            return Answer{.value = extent->byte_offset,
                          .size = is_plain ? extent->byte_size : 0,
                          .type = is_plain ? type : 0,
                          .is_certain = is_plain};
        case CoreKind::field_byte_size:
            return Answer{.value = extent->byte_size, .is_certain = is_plain};
        case CoreKind::field_signed: return Answer{.value = is_signed(path.btf->type(type))};
        case CoreKind::field_lshift_u64:
            return Answer{.value = 64ULL - (extent->bit_offset + extent->bit_size -
                                            extent->byte_offset * 8ULL),
                          .is_certain = is_plain};
        case CoreKind::field_rshift_u64: return Answer{.value = 64ULL - extent->bit_size};
        case CoreKind::field_exists:
        case CoreKind::type_id_local:
        case CoreKind::type_id_target:
        case CoreKind::type_exists:
        case CoreKind::type_size:
        case CoreKind::enumval_exists:
        case CoreKind::enumval_value:
        case CoreKind::type_matches: break;
    }
    bug("a relocation of a field that is none");
}

/// Of 32 bits always sign-extended, as compilers and libbpf have it.
std::uint64_t enumerator_value(const CorePath& path) {
    const CoreStep& step = path.steps.front();
    const BtfType& type = path.btf->type(step.type);
    const std::uint64_t value = path.btf->enumerators(type)[step.index].value;
    if (type.kind == BtfKind::enum64) return value;
    return static_cast<std::uint64_t>(static_cast<std::int32_t>(value));
}

Result<Answer> answer_of(const CorePath& path) {
    switch (path.kind) {
        case CoreKind::field_exists:
        case CoreKind::type_exists:
        case CoreKind::type_matches:
        case CoreKind::enumval_exists: return Answer{.value = 1};
        // Ids change when objects are linked.
        case CoreKind::type_id_local:
        case CoreKind::type_id_target: return Answer{.value = path.root, .is_certain = false};
        case CoreKind::type_size: {
            const auto size = size_of(*path.btf, path.root);
            if (!size) return std::unexpected(size.error());
            return Answer{.value = *size};
        }
        case CoreKind::enumval_value: return Answer{.value = enumerator_value(path)};
        case CoreKind::field_byte_offset:
        case CoreKind::field_byte_size:
        case CoreKind::field_signed:
        case CoreKind::field_lshift_u64:
        case CoreKind::field_rshift_u64:
            return path.steps.back().name.empty() ? element_answer(path) : member_answer(path);
    }
    bug("a kind of relocation out of range");
}

/// Whether a target without what is asked for has no answer; else it is 0.
bool needs_target(CoreKind kind) {
    return kind == CoreKind::enumval_value ||
           (subject_of(kind) == CoreSubject::field && kind != CoreKind::field_exists);
}

/// Zero-extended values keep their meaning when another number of bytes is read.
bool may_change_size(const BtfType& local, const BtfType& target) {
    const auto is_plain = [](const BtfType& type) {
        return type.kind == BtfKind::int_ && (!type.is_signed || type.is_char);
    };
    return (local.kind == BtfKind::ptr && target.kind == BtfKind::ptr) ||
           (is_plain(local) && is_plain(target));
}

}  // namespace

std::optional<CoreKind> core_kind(std::uint32_t number) {
    return number < kinds.size() ? std::optional(static_cast<CoreKind>(number)) : std::nullopt;
}

std::string_view name_of(CoreKind kind) { return row_of(kind).text; }

CoreSubject subject_of(CoreKind kind) { return row_of(kind).subject; }

std::string_view essential_name(std::string_view name) {
    const auto is_separator = [&](std::size_t at) {
        return name[at] != '_' && name.substr(at + 1, 3) == "___" && name[at + 4] != '_';
    };
    for (std::size_t at = name.size() < 5 ? 0 : name.size() - 4; at-- > 0;)
        if (is_separator(at)) return name.substr(0, at + 1);
    return name;
}

Result<CoreFix> core_fix(const CorePath& local, const CorePath* target) {
    const auto before = answer_of(local);
    if (!before) return std::unexpected(before.error());
    CoreFix fix{.before = before->value, .is_certain = before->is_certain};
    if (target == nullptr) {
        fix.is_poison = needs_target(local.kind);
        return fix;
    }
    const auto after = answer_of(*target);
    if (!after) return std::unexpected(after.error());
    fix.after = after->value;
    fix.size_before = before->size;
    fix.size_after = after->size;
    fix.is_misfit = before->size != after->size &&
                    !may_change_size(local.btf->type(local.btf->resolve(before->type)),
                                     target->btf->type(target->btf->resolve(after->type)));
    return fix;
}

namespace {

std::string enumerator_text(const CorePath& path) {
    const CoreStep& step = path.steps.front();
    const BtfType& type = path.btf->type(step.type);
    const std::uint64_t value = path.btf->enumerators(type)[step.index].value;
    if (type.kind_flag)
        return fmt::format("::{} = {}", step.name, static_cast<std::int64_t>(value));
    return fmt::format("::{} = {}", step.name, value);
}

std::string steps_text(const CorePath& path) {
    std::string text;
    for (std::size_t i = 0; i < path.steps.size(); ++i) {
        const CoreStep& step = path.steps[i];
        if (!step.name.empty())
            text += fmt::format(".{}", step.name);
        else if (i > 0 || step.index > 0)
            text += fmt::format("[{}]", step.index);
    }
    const std::uint32_t bit = path.bit_offset % 8;
    return text + fmt::format(" ({} @ offset {}{})", fmt::join(path.numbers, ":"),
                              path.bit_offset / 8, bit != 0 ? fmt::format(".{}", bit) : "");
}

}  // namespace

std::string to_text(const CorePath& path) {
    const BtfType& root = path.btf->type(path.root);
    const std::string_view keyword = keyword_of(root);
    const std::string head = fmt::format("{}{}{}", keyword, keyword.empty() ? "" : " ",
                                         root.name.empty() ? "<anonymous>" : root.name);
    switch (subject_of(path.kind)) {
        case CoreSubject::type: return head;
        case CoreSubject::enumerator: return head + enumerator_text(path);
        case CoreSubject::field: return head + steps_text(path);
    }
    bug("a subject out of range");
}

}  // namespace bpftwin
