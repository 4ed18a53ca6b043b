// BPF Type Format: the types that a compiler or kernel describes (Documentation/bpf/btf.rst,
// include/uapi/linux/btf.h). Parsed once, then read-only.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bpftwin/error.h"
#include "btf/core_index.h"
#include "btf/large_pages.h"
#include "btf/name_index.h"

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

/// One type. Which fields mean something depends on the kind.
struct BtfType {
    std::string_view name;    ///< Empty: anonymous.
    std::uint32_t size = 0;   ///< int, enum, struct, union, datasec, float: bytes.
    std::uint32_t type = 0;   ///< ptr, typedef, modifiers, func, func_proto (return), var, array
                              ///< (element), tags: the type they refer to.
    std::uint32_t count = 0;  ///< array: elements; others: entries in the tables below.
    std::uint32_t first = 0;  ///< Index of the first entry in the kind's table.
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
    /// A string of the string section; empty for offsets out of range.
    [[nodiscard]] std::string_view string(std::uint32_t offset) const;

    /// Entries of struct and union; func_proto; enum and enum64; datasec. Other kinds have none.
    [[nodiscard]] std::span<const BtfMember> members(const BtfType& type) const {
        return entries(&Btf::members_, type, is_aggregate(type.kind));
    }
    [[nodiscard]] std::span<const BtfParam> params(const BtfType& type) const {
        return entries(&Btf::params_, type, type.kind == BtfKind::func_proto);
    }
    [[nodiscard]] std::span<const BtfEnumerator> enumerators(const BtfType& type) const {
        return entries(&Btf::enumerators_, type, is_enumeration(type.kind));
    }
    [[nodiscard]] std::span<const BtfSectionVar> section_vars(const BtfType& type) const {
        return entries(&Btf::section_vars_, type, type.kind == BtfKind::datasec);
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
    Btf() = default;

    template <class Entry>
    using Entries = std::vector<Entry, LargePages<Entry>>;
    template <class Entry>
    using Table = Entries<Entry> Btf::*;

    /// Length of a table with the base's, which it continues.
    template <class Entry>
    [[nodiscard]] std::size_t length(Table<Entry> table) const {
        return (this->*table).size() + (base_ ? base_->length(table) : 0);
    }
    template <class Entry>
    [[nodiscard]] std::span<const Entry> entries(Table<Entry> table, const BtfType& type,
                                                 bool has) const {
        if (!has || type.count == 0) return {};
        const std::size_t before = base_ ? base_->length(table) : 0;
        if (type.first < before) return base_->entries(table, type, has);
        return std::span(this->*table).subspan(type.first - before, type.count);
    }

    static const BtfType void_type;

    std::shared_ptr<const Btf> base_;
    std::uint32_t first_id_ = 0;      ///< Number of types of the base.
    std::uint32_t first_string_ = 0;  ///< Bytes of strings of the base.
    Bytes raw_;
    std::string_view strings_;
    Entries<BtfType> types_;
    std::vector<BtfKind> kinds_;
    Entries<BtfMember> members_;
    Entries<BtfParam> params_;
    Entries<BtfEnumerator> enumerators_;
    Entries<BtfSectionVar> section_vars_;
    mutable std::once_flag indexed_;
    mutable BtfNameIndex by_name_;
    mutable std::once_flag indexed_for_core_;
    mutable CoreIndex for_core_;
};

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
