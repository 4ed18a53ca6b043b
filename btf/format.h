// Values and types as text, by their BTF.
#pragma once

#include <cstdint>
#include <string>

#include "btf/btf.h"

namespace bpftwin {

/// A value as a C initialiser: `{.pid = 42, .comm = "bash"}`; char arrays as strings, enums and
/// booleans by name, pointers in hex. Members of anonymous aggregates appear as their parent's,
/// equal elements in a row as a range (`[0 ... 63] = 0`), variables of a data section as members.
/// What has no form in C (void, long double) is `hex:` and its bytes. Bytes that are missing are
/// said ("<4 bytes missing>"), as are bytes beyond the type and what is left out of long arrays
/// ("<744 more elements>"); the text is at most a few MiB whatever the type.
std::string format_value(const Btf& btf, std::uint32_t type_id, ByteView value);

/// The inverse for values given on a command line: integers (decimal, 0x, negative), 'c', true,
/// "text" for char arrays, enumerator names, and `{.field = value, …}` or `{a, b}` for aggregates,
/// `{[2 ... 5] = value, …}` for arrays; `hex:0102` for the bytes of any type. What is not mentioned
/// is 0. Values of more than 64 MiB are refused.
/// @return exactly the type's size in bytes, or an Error that quotes what was not understood.
Result<Bytes> parse_value(const Btf& btf, std::uint32_t type_id, std::string_view text);

/// The same where a value exists: members and elements that are not mentioned stay as they are.
Result<Bytes> edit_value(const Btf& btf, std::uint32_t type_id, Bytes value, std::string_view text);

/// A declaration in C: "struct event *e", "char comm[16]"; anonymous aggregates in full. Without a
/// name: the type alone, "struct event *".
std::string declaration(const Btf& btf, std::uint32_t type_id, std::string_view name);

/// All types as a C header that clang accepts for BPF, in dependency order, each with the size and
/// offsets that its BTF states; of split BTF its own types and what they need of the base's. Of
/// types with the same name all but the first are called `name___2`, `name___3`, …
std::string to_c(const Btf& btf);

/// One line per type, in the layout of `bpftool btf dump format raw`; of split BTF its own types.
std::string to_raw(const Btf& btf);

}  // namespace bpftwin
