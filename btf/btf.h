// BPF Type Format: the types that a compiler or kernel describes (Documentation/bpf/btf.rst,
// include/uapi/linux/btf.h). Parsed once, then read-only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin {

/// Kinds by the kernel's numbers (BTF_KIND_*).
enum class BtfKind : std::uint8_t {
    void_,
    int_,
    ptr,
    array,
    struct_,
    union_,
    enum_,
    fwd,
    typedef_,
    volatile_,
    const_,
    restrict_,
    func,
    func_proto,
    var,
    datasec,
    float_,
    decl_tag,
    type_tag,
    enum64,
};
std::string_view name_of(BtfKind kind);

/// Linkage of functions and variables (BTF_FUNC_*, BTF_VAR_*).
enum class BtfLinkage : std::uint8_t { static_, global, extern_ };

struct BtfMember {
    std::string_view name;  ///< Empty: anonymous.
    std::uint32_t type;
    std::uint32_t bit_offset;
    std::uint32_t bitfield_size;  ///< 0: not a bit field.
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
    std::uint32_t type;    ///< A `var`.
    std::uint32_t offset;  ///< Bytes from the section's start.
    std::uint32_t size;
};

/// One type. Which fields mean something depends on the kind.
struct BtfType {
    BtfKind kind = BtfKind::void_;
    bool kind_flag = false;   ///< fwd: union; enum: signed; struct: has bit fields.
    std::string_view name;    ///< Empty: anonymous.
    std::uint32_t size = 0;   ///< int, enum, struct, union, datasec, float: bytes.
    std::uint32_t type = 0;   ///< ptr, typedef, modifiers, func, func_proto (return), var, array
                              ///< (element), tags: the type they refer to.
    std::uint32_t count = 0;  ///< array: elements; others: entries in the tables below.
    std::uint32_t first = 0;  ///< Index of the first entry in the kind's table.
    std::uint32_t index_type = 0;                              ///< array.
    BtfLinkage linkage = BtfLinkage::static_;                  ///< func, var.
    bool is_signed = false, is_char = false, is_bool = false;  ///< int.
    std::uint8_t bits = 0, bit_offset = 0;                     ///< int.
    std::int32_t component = -1;  ///< decl_tag: member or parameter; -1: the whole type.
};

/// A set of types with ids from 1; id 0 is void.
class Btf {
public:
    /// Reads and validates a `.BTF` section: every offset, id and size is inside its bounds, type
    /// chains end, names are where the kernel wants them.
    /// @return the types, or an Error that names the type id and what is wrong.
    static Result<std::shared_ptr<const Btf>> parse(ByteView raw);

    /// Bytes as given to `parse`.
    [[nodiscard]] ByteView raw() const { return raw_; }
    /// Number of types with void: valid ids are below it.
    [[nodiscard]] std::uint32_t type_count() const {
        return static_cast<std::uint32_t>(types_.size());
    }
    /// The type of that id; void for ids out of range.
    [[nodiscard]] const BtfType& type(std::uint32_t id) const;
    /// A string of the string section; empty for offsets out of range.
    [[nodiscard]] std::string_view string(std::uint32_t offset) const;

    /// struct and union; func_proto; enum and enum64; datasec.
    [[nodiscard]] std::span<const BtfMember> members(const BtfType& type) const;
    [[nodiscard]] std::span<const BtfParam> params(const BtfType& type) const;
    [[nodiscard]] std::span<const BtfEnumerator> enumerators(const BtfType& type) const;
    [[nodiscard]] std::span<const BtfSectionVar> section_vars(const BtfType& type) const;

    /// Id of the first type with that name and kind, or nothing.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name, BtfKind kind) const;
    /// `id` without typedefs, const, volatile, restrict and type tags.
    [[nodiscard]] std::uint32_t resolve(std::uint32_t id) const;
    /// Bytes of a value of that type, or nothing for functions, void and forward declarations.
    [[nodiscard]] std::optional<std::uint64_t> size_of(std::uint32_t id) const;

private:
    friend class BtfParser;
    Btf() = default;

    Bytes raw_;
    std::string_view strings_;
    std::vector<BtfType> types_;
    std::vector<BtfMember> members_;
    std::vector<BtfParam> params_;
    std::vector<BtfEnumerator> enumerators_;
    std::vector<BtfSectionVar> section_vars_;
    std::unordered_multimap<std::string_view, std::uint32_t> by_name_;
};

/// What an object file knows about one data section and its BTF does not yet.
struct DatasecLayout {
    std::string name;                                        ///< ".data".
    std::uint32_t size;                                      ///< Of the section in bytes.
    std::unordered_map<std::string, std::uint32_t> offsets;  ///< By variable.
};

/// A copy of `btf` with sizes and offsets of its data sections filled in, as libbpf does before it
/// hands BTF to the kernel (compilers leave them 0).
Result<std::shared_ptr<const Btf>> with_datasecs(const Btf& btf,
                                                 std::span<const DatasecLayout> layouts);

}  // namespace bpftwin
