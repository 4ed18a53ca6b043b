// Parts of map values, and of objects that programs allocate, which only the kernel's functions may
// touch (kernel/bpf/btf.c: btf_parse_fields, btf_parse_struct_metas).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace bpftwin {

/// Enumerators have names of C types, which special_fields.def lists.
enum class FieldKind : std::uint8_t {
#define SPECIAL_FIELD(name, type, size, align, unique) name,
#include "helpers/special_fields.def"
    kptr_untrusted,  ///< A pointer to an object, which a type tag marks: nobody keeps the object,
    kptr,            ///< the map owns it,
    percpu_kptr,     ///< likewise, and there is one for each CPU,
    uptr,            ///< it is memory of a user's process.
};

struct SpecialField {
    FieldKind kind;
    std::uint32_t offset;    ///< In the value, bytes.
    std::uint32_t size;      ///< Bytes.
    std::uint32_t type = 0;  ///< Of a pointer: what it points to. Of a list or tree: its elements,
    std::uint32_t node_offset = 0;  ///< and where the node is in them.

    friend bool operator==(const SpecialField&, const SpecialField&) = default;

    [[nodiscard]] bool is_kptr() const { return is_owned() || kind == FieldKind::kptr_untrusted; }
    /// A pointer that programs may only exchange.
    [[nodiscard]] bool is_owned() const {
        return kind == FieldKind::kptr || kind == FieldKind::percpu_kptr;
    }
};
/// As messages name it: "bpf_timer".
std::string_view text_of(FieldKind kind);

/// The special fields of a map's value. The kernel knows of none where one of them is wrong.
/// @param kernel its types, null: not known
std::vector<SpecialField> special_fields_of(const Btf& types, std::uint32_t value,
                                            const Btf* kernel);

/// Those of an object that a program allocates: of a struct that does not itself have one of some
/// kinds, the kernel knows none.
std::vector<SpecialField> object_fields_of(const Btf& types, std::uint32_t object,
                                           const Btf* kernel);

/// Whether the kernel refuses all of a program's types for the special fields of one: then neither
/// its maps nor its functions have types.
bool has_wrong_fields(const Btf& types, const Btf* kernel);

}  // namespace bpftwin
