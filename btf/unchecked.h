// A `.BTF` section before it is parsed, when it may be damaged: for what changes it on the way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "btf/wire.h"

namespace bpftwin::btf_wire {

/// Where records and strings stand: inside the section, the records behind the header.
struct Parts {
    std::size_t types, types_end, strings, strings_end;
};

/// Nothing where the header says otherwise.
inline std::optional<Parts> parts_of(ByteView raw) {
    if (raw.size() < sizeof(Header)) return std::nullopt;
    const auto header = read<Header>(raw, 0);
    const std::size_t types = header.header_length;
    const std::size_t strings = types + header.string_offset;
    const Parts parts{types, types + header.type_length, strings, strings + header.string_length};
    if (types < sizeof(Header)) return std::nullopt;
    if (std::max(parts.types_end, parts.strings_end) > raw.size()) return std::nullopt;
    return parts;
}

/// Calls `each(record, place)` for the records up to the first that is not whole. It may change
/// the bytes of the record that it is called with, but not their number.
template <class Each>
void for_each_record(ByteView raw, const Parts& parts, Each each) {
    for (std::size_t at = parts.types; at + sizeof(Record) <= parts.types_end;) {
        const auto record = read<Record>(raw, at);
        if (record.kind() >= kind_rules.size()) return;
        const std::size_t length = length_of(record);
        if (length > parts.types_end - at) return;
        each(record, at);
        at += length;
    }
}

/// The name that begins at `offset` of the strings, as far as a name may reach; empty outside.
inline std::string_view name_at(ByteView raw, const Parts& parts, std::uint32_t offset) {
    const std::size_t at = parts.strings + offset;
    if (at >= parts.strings_end) return {};
    const auto* text = reinterpret_cast<const char*>(raw.data() + at);
    return {text, strnlen(text, std::min(parts.strings_end - at, max_name_length + 1))};
}

template <class T>
void write(Bytes& bytes, std::size_t at, const T& value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace bpftwin::btf_wire
