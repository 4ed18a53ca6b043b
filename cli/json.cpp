#include "cli/json.h"

#include <bit>
#include <cstring>
#include <iterator>

#include "btf/value.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

/// Up to 64 bits that begin at `first`, little-endian.
std::uint64_t bits_at(ByteView value, std::uint64_t first, unsigned count) {
    std::uint64_t result = 0;
    for (unsigned i = 0; i < count; ++i) {
        auto byte = static_cast<std::uint64_t>(value[(first + i) / 8]);
        result |= (byte >> ((first + i) % 8) & 1) << i;
    }
    return result;
}

std::int64_t sign_extended(std::uint64_t value, unsigned bits) {
    return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

/// Most significant byte first.
std::string hex_number(ByteView value) {
    std::string text = "0x";
    for (std::size_t i = value.size(); i-- > 0;) {
        fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(value[i]));
    }
    return text;
}

Json integer(const BtfType& type, std::uint64_t raw, unsigned bits) {
    if (type.is_bool) return raw != 0;
    if (type.is_signed) return sign_extended(raw, bits);
    return raw;
}

Json enumerator(const Btf& btf, const BtfType& type, std::uint64_t raw, unsigned bits) {
    std::uint64_t value =
        type.kind_flag ? static_cast<std::uint64_t>(sign_extended(raw, bits)) : raw;
    for (const BtfEnumerator& e : btf.enumerators(type)) {
        if (e.value == value) return std::string(e.name);
    }
    if (type.kind_flag) return static_cast<std::int64_t>(value);
    return value;
}

Json scalar(const Btf& btf, const BtfType& type, std::uint64_t raw, unsigned bits) {
    if (type.kind == BtfKind::int_) return integer(type, raw, bits);
    return enumerator(btf, type, raw, bits);
}

Json floating(ByteView value) {
    if (value.size() == sizeof(float)) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits_at(value, 0, 32)));
    }
    if (value.size() == sizeof(double)) return std::bit_cast<double>(bits_at(value, 0, 64));
    return hex_number(value);
}

Json text_of(ByteView value) {
    auto characters = reinterpret_cast<const char*>(value.data());
    return std::string(characters, strnlen(characters, value.size()));
}

Json array(const Btf& btf, const BtfType& type, ByteView value) {
    std::uint64_t step = btf.size_of(type.type).value_or(0);
    const BtfType& element = btf.type(btf.resolve(type.type));
    if (btf_value::is_character(element)) return text_of(value);
    Json list = Json::array();
    if (step == 0) return list;
    for (std::uint64_t at = 0; at + step <= value.size(); at += step) {
        list.push_back(json_value(btf, type.type, value.subspan(at, step)));
    }
    return list;
}

Json member_value(const Btf& btf, const BtfMember& member, ByteView value) {
    const BtfType& type = btf.type(btf.resolve(member.type));
    unsigned bits = member.bitfield_size;
    if (bits != 0) {
        if (bits > 64 || member.bit_offset + bits > value.size() * 8) return nullptr;
        return scalar(btf, type, bits_at(value, member.bit_offset, bits), bits);
    }
    std::uint64_t size = btf.size_of(member.type).value_or(0);
    std::uint64_t offset = member.bit_offset / 8;
    if (offset + size > value.size()) return nullptr;
    return json_value(btf, member.type, value.subspan(offset, size));
}

/// Members of anonymous members stand beside the others, as C code names them.
Json aggregate(const Btf& btf, const BtfType& type, ByteView value) {
    Json object = Json::object();
    for (const BtfMember& member : btf.members(type)) {
        Json inner = member_value(btf, member, value);
        if (member.name.empty() && inner.is_object()) {
            object.update(inner);
        } else if (!member.name.empty()) {
            object[std::string(member.name)] = std::move(inner);
        }
    }
    return object;
}

Json section(const Btf& btf, const BtfType& type, ByteView value) {
    Json object = Json::object();
    for (const BtfSectionVar& var : btf.section_vars(type)) {
        const BtfType& variable = btf.type(var.type);
        bool inside = std::uint64_t{var.offset} + var.size <= value.size();
        object[std::string(variable.name)] =
            inside ? json_value(btf, variable.type, value.subspan(var.offset, var.size)) : Json();
    }
    return object;
}

}  // namespace

std::string json_text(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json json_value(const Btf& btf, std::uint32_t type_id, ByteView value) {
    const BtfType& type = btf.type(btf.resolve(type_id));
    std::optional<std::uint64_t> size = btf.size_of(type_id);
    if (type.kind != BtfKind::datasec && size.value_or(0) > value.size()) return nullptr;
    switch (type.kind) {
        case BtfKind::int_:
        case BtfKind::enum_:
        case BtfKind::enum64:
            if (*size > 8) return hex_number(value.first(*size));
            return scalar(btf, type, bits_at(value, 0, static_cast<unsigned>(*size * 8)),
                          static_cast<unsigned>(*size * 8));
        case BtfKind::ptr: return hex_number(value.first(*size));
        case BtfKind::array: return array(btf, type, value.first(*size));
        case BtfKind::struct_:
        case BtfKind::union_: return aggregate(btf, type, value.first(*size));
        case BtfKind::float_: return floating(value.first(*size));
        case BtfKind::datasec: return section(btf, type, value);
        case BtfKind::var: return json_value(btf, type.type, value);
        case BtfKind::void_:
        case BtfKind::fwd:
        case BtfKind::typedef_:
        case BtfKind::volatile_:
        case BtfKind::const_:
        case BtfKind::restrict_:
        case BtfKind::func:
        case BtfKind::func_proto:
        case BtfKind::decl_tag:
        case BtfKind::type_tag: return nullptr;
    }
    bug("a BTF kind without a case");
}

}  // namespace bpftwin::cli
