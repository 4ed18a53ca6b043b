// What follows a type's record, by kind (the second half of btf/parser.h).
#include <algorithm>
#include <bit>

#include "btf/parser.h"
#include "fmt/format.h"

namespace bpftwin {

using namespace btf_wire;

namespace {

constexpr unsigned int_signed = 1, int_char = 2, int_bool = 4;  // BTF_INT_*

}  // namespace

template <class Wire>
Result<void> BtfParser::entries(const BtfType& type, std::size_t at, NameRule rule) {
    for (std::uint32_t i = 0; i < type.count; ++i, at += sizeof(Wire)) {
        const auto raw = read<Wire>(btf_->raw_, at);
        if (!is_name(raw.name_offset, rule))
            return bad_name(raw.name_offset, rule, fmt::format("entry {}: ", i));
        if constexpr (requires { raw.type; })
            if (!exists(raw.type)) return unknown_type(raw.type);
        if constexpr (requires { raw.offset; })
            has_old_bit_fields_ |= !type.kind_flag && raw.offset % 8 != 0;
    }
    return {};
}

Result<void> BtfParser::nothing(BtfType&, std::size_t) { return {}; }

Result<void> BtfParser::integer(BtfType& type, std::size_t at) {
    const auto data = read<std::uint32_t>(btf_->raw_, at);
    const unsigned encoding = data >> 24 & 0xf;
    const bool is_number = (encoding & ~(int_signed | int_char)) == 0;
    if (data >> 28 != 0 || !(is_number || encoding == int_bool))
        return bad(fmt::format("encoding {:#x} is unknown", data >> 24));
    if (!std::has_single_bit(type.size) || type.size > 16)
        return bad(fmt::format("an int of {} bytes is not supported", type.size));
    type.bits = static_cast<std::uint8_t>(data);
    type.bit_offset = static_cast<std::uint8_t>(data >> 16);
    if (type.bits + type.bit_offset > 8 * type.size)
        return bad(fmt::format("{} bits at bit {} do not fit its {} bytes", type.bits,
                               type.bit_offset, type.size));
    has_old_bit_fields_ |= type.bits != 8 * type.size;
    type.is_signed = (encoding & int_signed) != 0;
    type.is_char = (encoding & int_char) != 0;
    type.is_bool = encoding == int_bool;
    return {};
}

Result<void> BtfParser::array(BtfType& type, std::size_t at) {
    const auto raw = read<Array>(btf_->raw_, at);
    if (const auto larger = std::max(raw.type, raw.index_type); !exists(larger))
        return unknown_type(larger);
    type.type = raw.type;
    type.index_type = raw.index_type;
    type.count = raw.count;
    return {};
}

Result<void> BtfParser::members(BtfType& type, std::size_t at) {
    return entries<Member>(type, at, NameRule::optional);
}

Result<void> BtfParser::check_enum_size(const BtfType& type) const {
    // `enum e;` is no C, but compilers take it and libbpf passes it on.
    const bool is_forward = type.size == 0 && type.count == 0;
    if (is_forward || (std::has_single_bit(type.size) && type.size <= 8)) return {};
    return bad(fmt::format("an enum of {} bytes is not supported", type.size));
}

Result<void> BtfParser::enumerators(BtfType& type, std::size_t at) {
    if (auto size = check_enum_size(type); !size) return size;
    return entries<Enumerator>(type, at, NameRule::identifier);
}

Result<void> BtfParser::enumerators64(BtfType& type, std::size_t at) {
    if (auto size = check_enum_size(type); !size) return size;
    return entries<Enumerator64>(type, at, NameRule::identifier);
}

Result<void> BtfParser::function(BtfType& type, std::size_t) {
    if (type.count > 2) return bad(fmt::format("linkage {} is unknown", type.count));
    type.linkage = static_cast<BtfLinkage>(type.count);
    type.count = 0;
    return {};
}

Result<void> BtfParser::params(BtfType& type, std::size_t at) {
    return entries<Param>(type, at, NameRule::optional);
}

Result<void> BtfParser::variable(BtfType& type, std::size_t at) {
    const auto linkage = read<std::uint32_t>(btf_->raw_, at);
    if (linkage > 2) return bad(fmt::format("linkage {} is unknown", linkage));
    type.linkage = static_cast<BtfLinkage>(linkage);
    return {};
}

Result<void> BtfParser::section_vars(BtfType& type, std::size_t at) {
    for (std::uint32_t i = 0; i < type.count; ++i, at += sizeof(SectionVar))
        if (const auto raw = read<SectionVar>(btf_->raw_, at); !exists(raw.type))
            return unknown_type(raw.type);
    return {};
}

Result<void> BtfParser::floating(BtfType& type, std::size_t) {
    if (type.size == 12 || (std::has_single_bit(type.size) && type.size >= 2 && type.size <= 16))
        return {};
    return bad(fmt::format("a float of {} bytes is not supported", type.size));
}

Result<void> BtfParser::component(BtfType& type, std::size_t at) {
    type.component = read<std::int32_t>(btf_->raw_, at);
    if (type.component < -1) return bad(fmt::format("component {} is below -1", type.component));
    return {};
}

}  // namespace bpftwin
