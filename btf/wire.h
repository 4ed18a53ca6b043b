// BTF as it stands in memory (include/uapi/linux/btf.h): header, record head, and what follows a
// record of each kind. All numbers are little-endian.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "bpftwin/error.h"

namespace bpftwin {
enum class BtfKind : std::uint8_t;
}

namespace bpftwin::btf_wire {

static_assert(std::endian::native == std::endian::little, "BTF is read as it stands in memory");

inline constexpr std::uint16_t magic = 0xeb9f;
inline constexpr std::uint32_t max_types = 0xfffff;         ///< BTF_MAX_TYPE
inline constexpr std::uint32_t max_name_offset = 0xffffff;  ///< BTF_MAX_NAME_OFFSET
inline constexpr std::size_t max_name_length = 511;         ///< KSYM_NAME_LEN with its NUL

struct Header {
    std::uint16_t magic;
    std::uint8_t version;
    std::uint8_t flags;
    std::uint32_t header_length;
    std::uint32_t type_offset;  ///< From the header's end, as string_offset.
    std::uint32_t type_length;
    std::uint32_t string_offset;
    std::uint32_t string_length;
};
static_assert(sizeof(Header) == 24);

/// The head that every type's record begins with.
struct Record {
    std::uint32_t name_offset;
    std::uint32_t info;
    std::uint32_t size_or_type;

    [[nodiscard]] unsigned kind() const { return info >> 24 & 0x1f; }
    [[nodiscard]] std::uint32_t vlen() const { return info & 0xffff; }
    [[nodiscard]] bool kind_flag() const { return info >> 31 != 0; }
    [[nodiscard]] bool has_unknown_bits() const { return (info & 0x60ff0000) != 0; }
};
static_assert(sizeof(Record) == 12);

struct Array {
    std::uint32_t type, index_type, count;
};
struct Member {
    std::uint32_t name_offset, type, offset;
};
struct Param {
    std::uint32_t name_offset, type;
};
struct Enumerator {
    std::uint32_t name_offset, value;
};
struct Enumerator64 {
    std::uint32_t name_offset, low, high;
};
struct SectionVar {
    std::uint32_t type, offset, size;
};

/// The `T` at `at`, which need not be aligned.
template <class T>
T read(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
/// The `T` at `offset`, which the caller knows to be inside `bytes`.
template <class T>
T read(ByteView bytes, std::size_t offset) {
    return read<T>(bytes.data() + offset);
}

enum class NameRule : std::uint8_t { any, none, optional, identifier, text, section };
enum class Word : std::uint8_t { size, type, zero, ignored };

/// One row of btf/kind.def.
struct KindRule {
    std::string_view text;
    std::string_view since;
    NameRule name;
    Word word;
    std::uint8_t fixed, entry;
    bool flag;
};

inline constexpr auto kind_rules = std::to_array<KindRule>({
#define KIND(enumerator, text, since, name, word, fixed, entry, flag, payload) \
    {text, since, NameRule::name, Word::word, fixed, entry, flag},
#include "btf/kind.def"
});

inline const KindRule& rule_of(BtfKind kind) { return kind_rules[static_cast<std::size_t>(kind)]; }

/// Bytes of a record with everything that follows it. Its kind must be known.
inline std::size_t length_of(const Record& record) {
    const KindRule& rule = kind_rules[record.kind()];
    return sizeof record + rule.fixed + std::size_t{rule.entry} * record.vlen();
}

}  // namespace bpftwin::btf_wire
