// JSON output. Names are stable and mirror the fields of the public structs; see docs/json.md.
#pragma once

#include <string>

#include "btf/btf.h"
#include "nlohmann/json.hpp"

namespace bpftwin::cli {

/// Keeps names in the order in which they were added.
using Json = nlohmann::ordered_json;

/// Text of a document; bytes that are not UTF-8 become U+FFFD.
/// @param indent spaces per level; -1: one line.
std::string json_text(const Json& json, int indent = 2);

/// A value by its BTF: numbers, booleans, lists and objects; enumerators by name, char arrays as
/// text, pointers and integers over 64 bits as hex text. Null where bytes are missing.
Json json_value(const Btf& btf, std::uint32_t type_id, ByteView value);

}  // namespace bpftwin::cli
