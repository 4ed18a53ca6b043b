// Keys, values and records as text and JSON: by BTF where it is known, else as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "cli/json.h"

namespace bpftwin::cli {

/// What some bytes are: a BTF type, or just a number of bytes.
struct ValueType {
    const Btf* btf = nullptr;  ///< Null or `id` 0: only the size is known.
    std::uint32_t id = 0;
    std::uint32_t size = 0;

    [[nodiscard]] bool has_btf() const { return btf != nullptr && id != 0; }
};

ValueType key_type(const ObjectSpec& object, const MapSpec& map);
ValueType value_type(const ObjectSpec& object, const MapSpec& map);

/// "struct counter", "__u32"; empty without BTF.
std::string type_name(const ValueType& type);

/// "hex:…", what BTF allows (btf/format.h), or without BTF an integer of up to 8 bytes.
/// @return exactly `type.size` bytes.
Result<Bytes> parse_typed(const ValueType& type, std::string_view text);

/// The value in C syntax, or hex without BTF.
std::string typed_text(const ValueType& type, ByteView value);

/// {"hex": "2a000000", "value": 42}; no "value" without BTF.
Json typed_json(const ValueType& type, ByteView value);

/// The program or map that a value of a prog_array or map of maps stands for (user space reads
/// their ids: the place in the object, from 1); empty for other maps and unknown ids.
std::string_view target_name(const ObjectSpec& object, const MapSpec& map, ByteView value);

/// One variable of a data section.
struct Global {
    std::string_view name;
    std::uint32_t offset;
    ValueType type;
};

/// Variables of a data section's map, by its BTF; none without.
std::vector<Global> globals(const ObjectSpec& object, const MapSpec& map);

}  // namespace bpftwin::cli
