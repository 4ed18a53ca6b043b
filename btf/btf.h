// BPF Type Format: the types that a compiler or kernel describes (Documentation/bpf/btf.rst,
// include/uapi/linux/btf.h). Parsed once, then read-only.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bpftwin/error.h"
#include "btf/core_index.h"
#include "btf/large_pages.h"
#include "btf/name_index.h"
#include "btf/wire.h"

namespace bpftwin {

/// Kinds by the kernel's numbers (BTF_KIND_*).
enum class BtfKind : std::uint8_t {
#define KIND(enumerator, ...) enumerator,
#include "btf/kind.def"
};
/// The kind as the kernel writes it: "FUNC_PROTO".
std::string_view name_of(BtfKind kind);
/// All kinds in the order of their numbers.
std::span<const BtfKind> btf_kinds();
/// First kernel that reads it ("5.13").
std::string_view since(BtfKind kind);
/// typedef, const, volatile, restrict, type_tag: other names for the type they refer to.
constexpr bool is_modifier(BtfKind kind) {
    return kind == BtfKind::typedef_ || kind == BtfKind::const_ || kind == BtfKind::volatile_ ||
           kind == BtfKind::restrict_ || kind == BtfKind::type_tag;
}
/// struct, union.
constexpr bool is_aggregate(BtfKind kind) {
    return kind == BtfKind::struct_ || kind == BtfKind::union_;
}
/// enum, enum64.
constexpr bool is_enumeration(BtfKind kind) {
    return kind == BtfKind::enum_ || kind == BtfKind::enum64;
}

/// Linkage of functions and variables (BTF_FUNC_*, BTF_VAR_*).
enum class BtfLinkage : std::uint8_t { static_, global, extern_ };
std::string_view name_of(BtfLinkage linkage);

struct BtfMember {
    std::string_view name;  ///< Empty: anonymous.
    std::uint32_t type;
    std::uint32_t bit_offset;
    std::uint32_t bitfield_size;  ///< In bits, also of those that old compilers describe by a
                                  ///< narrow int; 0: not a bit field.
};

struct BtfParam {
    std::string_view name;
    std::uint32_t type;  ///< 0 as the last one: variadic.
};

struct BtfEnumerator {
    std::string_view name;
    std::uint64_t value;  ///< Sign-extended where the enum is signed.
};

/// A variable of a data section.
struct BtfSectionVar {
    std::uint32_t type;    ///< A `var`; in ".ksyms" also a `func`.
    std::uint32_t offset;  ///< Bytes from the section's start.
    std::uint32_t size;
};

/// Bytes of a pointer in BPF and on all machines that run it.
inline constexpr std::uint32_t pointer_size = 8;

/// One type. Which fields mean something depends on the kind.
struct BtfType {
    std::string_view name;               ///< Empty: anonymous.
    const std::byte* entries = nullptr;  ///< What follows the record, in `Btf::raw`.
    std::uint32_t size = 0;              ///< int, enum, struct, union, datasec, float: bytes.
    std::uint32_t type = 0;   ///< ptr, typedef, modifiers, func, func_proto (return), var, array
                              ///< (element), tags: the type they refer to.
    std::uint32_t count = 0;  ///< array: elements; others: what follows the record, as members.
    std::uint32_t index_type = 0;  ///< array.
    std::int32_t component = -1;   ///< decl_tag: member or parameter; -1: the whole type.
    BtfKind kind = BtfKind::void_;
    bool kind_flag = false;  ///< fwd: union; enum: signed; struct: has bit fields; tags: attribute.
    BtfLinkage linkage = BtfLinkage::static_;                  ///< func, var.
    bool is_signed = false, is_char = false, is_bool = false;  ///< int.
    std::uint8_t bits = 0, bit_offset = 0;                     ///< int.
};

/// "struct", "union" or "enum", which C writes before the type's name; nothing for other kinds.
std::string_view keyword_of(const BtfType& type);

class Btf;

/// Reads the entries of one type from the bytes that follow its record.
template <class Entry>
class BtfEntryReader {
public:
    BtfEntryReader(const Btf& btf, const BtfType& type)
        : btf_(&btf), begin_(type.entries), kind_(type.kind), kind_flag_(type.kind_flag) {}
    Entry operator()(std::uint32_t index) const;

private:
    template <class Wire>
    [[nodiscard]] Wire wire(std::uint32_t index) const {
        return btf_wire::read<Wire>(begin_ + std::size_t{index} * sizeof(Wire));
    }

    const Btf* btf_;
    const std::byte* begin_;
    BtfKind kind_;
    bool kind_flag_;
};

/// The entries of one type by index: read each time they are asked for, as most never are. (A
/// kernel has 170,000.)
template <class Entry>
using BtfEntries = std::ranges::transform_view<std::ranges::iota_view<std::uint32_t, std::uint32_t>,
                                               BtfEntryReader<Entry>>;

/// A set of types with ids from 1; id 0 is void. The types of a kernel module are a split BTF:
/// their ids and strings continue those of the kernel, their base, and may refer to them.
class Btf {
public:
    /// Reads and validates a `.BTF` section: every offset, id and size is inside its bounds, type
    /// chains end, names are where the kernel wants them. What only libbpf completes before the
    /// kernel sees it (sizes of data sections, extern variables and functions) is accepted, and so
    /// are enums that are only announced (`enum e;`, size 0), with which kernels refuse BTF.
    /// @return the types, or an Error that names the type id and what is wrong.
    /// @param base the types that `raw` continues; null where it stands by itself.
    static Result<std::shared_ptr<const Btf>> parse(ByteView raw,
                                                    std::shared_ptr<const Btf> base = nullptr);
    /// The same without a copy.
    static Result<std::shared_ptr<const Btf>> parse(Bytes raw,
                                                    std::shared_ptr<const Btf> base = nullptr);

    /// Bytes as given to `parse`.
    [[nodiscard]] ByteView raw() const { return raw_; }
    /// What this BTF continues, or null.
    [[nodiscard]] const Btf* base() const { return base_.get(); }
    /// The first id that the base does not have; without a base that of void.
    [[nodiscard]] std::uint32_t first_id() const { return first_id_; }
    /// Number of types with void and the base's: valid ids are below it.
    [[nodiscard]] std::uint32_t type_count() const {
        return first_id_ + static_cast<std::uint32_t>(types_.size());
    }
    /// The type of that id; void for ids out of range.
    [[nodiscard]] const BtfType& type(std::uint32_t id) const {
        if (id < first_id_) return base_->type(id);
        return id < type_count() ? types_[id - first_id_] : void_type;
    }
    /// The kind of that type: the same as `type(id).kind`, from a table that fits into a cache.
    [[nodiscard]] BtfKind kind(std::uint32_t id) const {
        if (id < first_id_) return base_->kind(id);
        return id < type_count() ? kinds_[id - first_id_] : BtfKind::void_;
    }
    /// A string of the string section; empty for offsets out of range. Pure, so that compilers
    /// leave out names of entries that nobody looks at.
    [[nodiscard, gnu::pure]] std::string_view string(std::uint32_t offset) const noexcept;

    /// Entries of struct and union; func_proto; enum and enum64; datasec. Other kinds have none.
    [[nodiscard]] BtfEntries<BtfMember> members(const BtfType& type) const {
        return entries<BtfMember>(type, is_aggregate(type.kind));
    }
    [[nodiscard]] BtfEntries<BtfParam> params(const BtfType& type) const {
        return entries<BtfParam>(type, type.kind == BtfKind::func_proto);
    }
    [[nodiscard]] BtfEntries<BtfEnumerator> enumerators(const BtfType& type) const {
        return entries<BtfEnumerator>(type, is_enumeration(type.kind));
    }
    [[nodiscard]] BtfEntries<BtfSectionVar> section_vars(const BtfType& type) const {
        return entries<BtfSectionVar>(type, type.kind == BtfKind::datasec);
    }

    /// Id of the first type with that name and kind, or nothing; the base's come first. The first
    /// call builds an index; any number of threads may call.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name, BtfKind kind) const;
    /// Ids of all own types of that name and its flavours ("name___old"), ascending; the base's are
    /// not searched. As `find`.
    [[nodiscard]] std::vector<std::uint32_t> flavours(std::string_view name) const;
    /// `id` without typedefs, const, volatile, restrict and type tags.
    [[nodiscard]] std::uint32_t resolve(std::uint32_t id) const {
        while (is_modifier(kind(id))) id = type(id).type;
        return id;
    }
    /// Bytes of a value of that type, or nothing for functions, void and forward declarations.
    [[nodiscard]] std::optional<std::uint64_t> size_of(std::uint32_t id) const;

private:
    friend class BtfParser;
    template <class Entry>
    friend class BtfEntryReader;
    Btf() = default;

    template <class Entry>
    [[nodiscard]] BtfEntries<Entry> entries(const BtfType& type, bool has) const {
        return {{0, has ? type.count : 0}, BtfEntryReader<Entry>(*this, type)};
    }
    struct Bits {
        std::uint32_t offset, width;
    };
    /// Where a member without kind_flag is. One that old compilers made a bit field by a narrow or
    /// shifted int has the width that new ones would give it.
    [[nodiscard]] Bits old_bits(std::uint32_t member_type, std::uint32_t bit_offset) const;

    static const BtfType void_type;

    std::shared_ptr<const Btf> base_;
    std::uint32_t first_id_ = 0;      ///< Number of types of the base.
    std::uint32_t first_string_ = 0;  ///< Bytes of strings of the base.
    Bytes raw_;
    std::string_view strings_;
    std::vector<BtfType, LargePages<BtfType>> types_;
    std::vector<BtfKind> kinds_;
    bool has_old_bit_fields_ = false;  ///< Maybe: there is a narrow int or an odd offset.
    mutable std::once_flag indexed_;
    mutable BtfNameIndex by_name_;
    mutable std::once_flag indexed_for_core_;
    mutable CoreIndex for_core_;
};

/// BTF_MEMBER_BIT_OFFSET and BTF_MEMBER_BITFIELD_SIZE: with kind_flag the top byte is a width.
template <>
inline BtfMember BtfEntryReader<BtfMember>::operator()(std::uint32_t index) const {
    const auto raw = wire<btf_wire::Member>(index);
    Btf::Bits bits{raw.offset, 0};
    if (kind_flag_)
        bits = {raw.offset & 0xffffff, raw.offset >> 24};
    else if (btf_->has_old_bit_fields_)
        bits = btf_->old_bits(raw.type, raw.offset);
    return {btf_->string(raw.name_offset), raw.type, bits.offset, bits.width};
}

template <>
inline BtfParam BtfEntryReader<BtfParam>::operator()(std::uint32_t index) const {
    const auto raw = wire<btf_wire::Param>(index);
    return {btf_->string(raw.name_offset), raw.type};
}

template <>
inline BtfEnumerator BtfEntryReader<BtfEnumerator>::operator()(std::uint32_t index) const {
    if (kind_ == BtfKind::enum64) {
        const auto raw = wire<btf_wire::Enumerator64>(index);
        return {btf_->string(raw.name_offset), std::uint64_t{raw.high} << 32 | raw.low};
    }
    const auto raw = wire<btf_wire::Enumerator>(index);
    const std::int64_t extended =
        kind_flag_ ? static_cast<std::int32_t>(raw.value) : std::int64_t{raw.value};
    return {btf_->string(raw.name_offset), static_cast<std::uint64_t>(extended)};
}

template <>
inline BtfSectionVar BtfEntryReader<BtfSectionVar>::operator()(std::uint32_t index) const {
    const auto raw = wire<btf_wire::SectionVar>(index);
    return {raw.type, raw.offset, raw.size};
}

/// "type 12 (STRUCT event)", for messages.
std::string describe(const Btf& btf, std::uint32_t id);

/// What an object file knows about one data section and its BTF does not yet. The names are the
/// object's.
struct DatasecLayout {
    std::string_view name;  ///< ".data".
    std::uint32_t size;     ///< Of the section in bytes.
    /// By variable; nothing where several have that name.
    std::unordered_map<std::string_view, std::optional<std::uint32_t>> offsets;
};

/// A copy of a `.BTF` section, which may be damaged, with sizes and offsets of its data sections
/// filled in, as libbpf does before it hands BTF to the kernel (compilers leave them 0), and their
/// entries sorted by offset. Sections without a layout stay as they are. A variable that its
/// section's layout does not name keeps its offset if it is static (compilers fill those) and
/// leaves the section if it is not: gcc 12 lists constants under ".data" which the object has
/// elsewhere. What is damaged stays.
/// @param layouts sorted by name.
/// @return the copy, or an Error that names a section of another size.
Result<Bytes> with_datasecs(ByteView raw, std::span<const DatasecLayout> layouts);

/// A copy in which the last variable of a data section, an array, has `count` elements, and the
/// section the size that follows (libbpf's map_btf_datasec_resize). All ids stay.
/// @return the copy, or an Error where that variable is no array.
Result<std::shared_ptr<const Btf>> with_last_array(const Btf& btf, std::uint32_t section,
                                                   std::uint32_t count);

}  // namespace bpftwin
