// What follows a type's record, by kind (the second half of btf/parser.h).
#include <algorithm>
#include <bit>

#include "btf/parser.h"
#include "fmt/format.h"

namespace bpftwin {

using namespace btf_wire;

namespace {

constexpr unsigned int_signed = 1, int_char = 2, int_bool = 4;  // BTF_INT_*

std::uint64_t extended(std::uint32_t value, bool is_signed) {
    return is_signed ? static_cast<std::uint64_t>(static_cast<std::int32_t>(value)) : value;
}

/// BTF_MEMBER_BIT_OFFSET and BTF_MEMBER_BITFIELD_SIZE: with kind_flag the top byte is a width.
BtfMember member_of(std::string_view name, const Member& raw, bool kind_flag) {
    if (!kind_flag) return {name, raw.type, raw.offset, 0};
    return {name, raw.type, raw.offset & 0xffffff, raw.offset >> 24};
}

}  // namespace

template <class Wire, class Entry, class Convert>
Result<void> BtfParser::entries(BtfType& type, std::size_t at, Btf::Table<Entry> table,
                                NameRule rule, Convert convert) {
    type.first = static_cast<std::uint32_t>(btf_->length(table));
    for (std::uint32_t i = 0; i < type.count; ++i, at += sizeof(Wire)) {
        const auto raw = read<Wire>(btf_->raw_, at);
        const auto text = name(raw.name_offset, rule);
        if (!text) return bad_name(raw.name_offset, rule, fmt::format("entry {}: ", i));
        if constexpr (requires { raw.type; })
            if (!exists(raw.type)) return unknown_type(raw.type);
        ((*btf_).*table).push_back(convert(*text, raw));
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
    return entries<Member>(type, at, &Btf::members_, NameRule::optional,
                           [&](std::string_view name, const Member& raw) {
                               has_old_bit_fields_ |= !type.kind_flag && raw.offset % 8 != 0;
                               return member_of(name, raw, type.kind_flag);
                           });
}

Result<void> BtfParser::check_enum_size(const BtfType& type) const {
    // `enum e;` is no C, but compilers take it and libbpf passes it on.
    const bool is_forward = type.size == 0 && type.count == 0;
    if (is_forward || (std::has_single_bit(type.size) && type.size <= 8)) return {};
    return bad(fmt::format("an enum of {} bytes is not supported", type.size));
}

Result<void> BtfParser::enumerators(BtfType& type, std::size_t at) {
    if (auto size = check_enum_size(type); !size) return size;
    return entries<Enumerator>(type, at, &Btf::enumerators_, NameRule::identifier,
                               [&](std::string_view name, const Enumerator& raw) {
                                   return BtfEnumerator{name, extended(raw.value, type.kind_flag)};
                               });
}

Result<void> BtfParser::enumerators64(BtfType& type, std::size_t at) {
    if (auto size = check_enum_size(type); !size) return size;
    return entries<Enumerator64>(type, at, &Btf::enumerators_, NameRule::identifier,
                                 [](std::string_view name, const Enumerator64& raw) {
                                     return BtfEnumerator{name,
                                                          std::uint64_t{raw.high} << 32 | raw.low};
                                 });
}

Result<void> BtfParser::function(BtfType& type, std::size_t) {
    if (type.count > 2) return bad(fmt::format("linkage {} is unknown", type.count));
    type.linkage = static_cast<BtfLinkage>(type.count);
    type.count = 0;
    return {};
}

Result<void> BtfParser::params(BtfType& type, std::size_t at) {
    return entries<Param>(
        type, at, &Btf::params_, NameRule::optional,
        [](std::string_view name, const Param& raw) { return BtfParam{name, raw.type}; });
}

Result<void> BtfParser::variable(BtfType& type, std::size_t at) {
    const auto linkage = read<std::uint32_t>(btf_->raw_, at);
    if (linkage > 2) return bad(fmt::format("linkage {} is unknown", linkage));
    type.linkage = static_cast<BtfLinkage>(linkage);
    return {};
}

Result<void> BtfParser::section_vars(BtfType& type, std::size_t at) {
    type.first = static_cast<std::uint32_t>(btf_->length(&Btf::section_vars_));
    for (std::uint32_t i = 0; i < type.count; ++i, at += sizeof(SectionVar)) {
        const auto raw = read<SectionVar>(btf_->raw_, at);
        if (!exists(raw.type)) return unknown_type(raw.type);
        btf_->section_vars_.push_back({raw.type, raw.offset, raw.size});
    }
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
