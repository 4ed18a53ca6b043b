// What the analysis knows of maps: their definitions, and the parts of values that belong to the
// kernel (kernel: struct bpf_map, struct btf_record).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/spec.h"
#include "helpers/special_fields.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

struct Map {
    const MapSpec* spec;
    std::int32_t inner = -1;  ///< Index of the definition of its inner maps; -1: none.
    std::vector<SpecialField> fields;
    bool has_btf = false;  ///< Its values are described by BTF.
    /// The kernel makes no such map with such fields (map_check_btf).
    bool is_refused = false;

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

/// The maps of an object by index, then definitions of inner maps.
/// @param kernel its types, null: not known
std::vector<Map> maps_of(const ObjectSpec& object, const Btf* kernel);

}  // namespace bpftwin::verifier
