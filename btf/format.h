// Values and types as text, by their BTF.
#pragma once

#include <cstdint>
#include <string>

#include "btf/btf.h"

namespace bpftwin {

/// A value as a C initialiser: `{.pid = 42, .comm = "bash"}`; char arrays as strings, enums and
/// booleans by name, pointers in hex. Bytes that are missing are said ("<4 bytes missing>").
std::string format_value(const Btf& btf, std::uint32_t type_id, ByteView value);

/// The inverse for values given on a command line: integers (decimal, 0x, negative), 'c', true,
/// "text" for char arrays, enumerator names, and `{.field = value, …}` or `{a, b}` for aggregates.
/// @return exactly the type's size in bytes, or an Error that quotes what was not understood.
Result<Bytes> parse_value(const Btf& btf, std::uint32_t type_id, std::string_view text);

/// A declaration in C: "struct event *e", "char comm[16]"; anonymous aggregates in full.
std::string declaration(const Btf& btf, std::uint32_t type_id, std::string_view name);

/// All types as a C header that a compiler accepts, in dependency order.
std::string to_c(const Btf& btf);

/// One line per type, in the layout of `bpftool btf dump format raw`.
std::string to_raw(const Btf& btf);

}  // namespace bpftwin
