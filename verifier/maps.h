// What the analysis knows of maps: their definitions, and the parts of values that belong to the
// kernel (kernel: struct bpf_map, struct btf_record).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/spec.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// Parts of values that only the kernel's functions may touch: enumerator, C type.
enum class FieldKind : std::uint8_t {
#define SPECIAL_FIELD(name, type, size) name,
#include "verifier/special_fields.def"
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

    [[nodiscard]] bool is_kptr() const { return is_owned() || kind == FieldKind::kptr_untrusted; }
    /// A pointer that programs may only exchange.
    [[nodiscard]] bool is_owned() const {
        return kind == FieldKind::kptr || kind == FieldKind::percpu_kptr;
    }
};
/// As messages name it: "bpf_timer".
std::string_view text_of(FieldKind kind);

struct Map {
    const MapSpec* spec;
    std::int32_t inner = -1;  ///< Index of the definition of its inner maps; -1: none.
    std::vector<SpecialField> fields;
    bool has_btf = false;  ///< Its values are described by BTF.

    [[nodiscard]] MapType type() const { return spec->type; }
    [[nodiscard]] const SpecialField* field(FieldKind kind) const;
    /// The fields that decide which programs may use the map (`map_field` of map_rules.h).
    [[nodiscard]] unsigned field_set() const;
    /// As a kernel keeps it, which has room for 15 characters.
    [[nodiscard]] std::string name() const { return spec->name.substr(0, 15); }
    /// Whether programs find constants in it (bpf_map_is_rdonly).
    [[nodiscard]] bool is_constant() const;
    [[nodiscard]] bool can_read() const;
    [[nodiscard]] bool can_write() const;
    /// Whether values have fixed addresses that programs may name (map_direct_value_addr).
    [[nodiscard]] bool has_direct_values() const;
};

/// The special fields of a struct, or of a map's value.
std::vector<SpecialField> special_fields_of(const Btf& types, std::uint32_t type);

/// The maps of an object by index, then definitions of inner maps.
std::vector<Map> maps_of(const ObjectSpec& object);

}  // namespace bpftwin::verifier
