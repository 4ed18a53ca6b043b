// See cpp_types.h. All holes are members of their own, so that a member stands where the previous
// one ends: only whether a type is packed is left to know (c_layout.h). Recursion follows the
// nesting of types, which BTF bounds.
#include "btf/cpp_types.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"

namespace bpftwin {
namespace {

/// Words that no name may be: those of C++23 that C has not, macros of the C library, and the
/// namespaces that generated code names.
constexpr auto reserved = std::to_array<std::string_view>({
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "assert",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "bpftwin",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "EOF",
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "NULL",
    "nullptr",
    "offsetof",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "std",
    "stderr",
    "stdin",
    "stdout",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
});

constexpr std::size_t max_text = 16U << 20;
/// Larger values than any map or section has.
constexpr std::uint64_t max_size = std::uint64_t{64} << 20;

std::string identifier(std::string_view name) {
    std::string text;
    for (char c : name) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool is_digit = c >= '0' && c <= '9';
        if (is_digit && text.empty()) text += '_';
        text += is_letter || is_digit ? c : '_';
    }
    if (text.empty()) return "unnamed";
    if (std::ranges::find(reserved, text) != reserved.end()) text += '_';
    return text;
}

std::string_view integer_of(std::uint32_t size, bool is_signed) {
    switch (size) {
        case 1: return is_signed ? "std::int8_t" : "std::uint8_t";
        case 2: return is_signed ? "std::int16_t" : "std::uint16_t";
        case 4: return is_signed ? "std::int32_t" : "std::uint32_t";
        case 8: return is_signed ? "std::int64_t" : "std::uint64_t";
        case 16: return is_signed ? "bpftwin::skeleton::Int128" : "bpftwin::skeleton::UInt128";
        default: return {};
    }
}

std::string_view int_text(const BtfType& type) {
    if (type.bits != type.size * 8 && !type.is_bool) return {};
    if (type.is_bool) return type.size == 1 ? "bool" : integer_of(type.size, false);
    const bool is_char = type.size == 1 && (type.is_char || type.name == "char");
    return is_char ? "char" : integer_of(type.size, type.is_signed);
}

std::string_view float_text(std::uint32_t size) {
    if (size == sizeof(float)) return "float";
    return size == sizeof(double) ? "double" : "";
}

/// An enumerator's value as one of an integer of `size` bytes.
std::string enumerator_value(std::uint64_t value, std::uint32_t size, bool is_signed) {
    const unsigned unused = 64 - 8 * std::min(size, 8U);
    if (!is_signed) return fmt::format("{}U", value << unused >> unused);
    const auto number = static_cast<std::int64_t>(value << unused) >> unused;
    return number == INT64_MIN ? "INT64_MIN" : fmt::format("{}", number);
}

std::string line(unsigned indent, std::string_view text) {
    return fmt::format("{}{}\n", std::string(4 * std::size_t{indent}, ' '), text);
}

/// The type of a bit field. Enums are numbers: C++ wants room for all of an enum's values.
std::string_view bit_field_text(const Btf& btf, const BtfMember& member) {
    const BtfType& type = btf.type(btf.resolve(member.type));
    const bool is_signed = type.kind == BtfKind::int_ ? type.is_signed : type.kind_flag;
    if (type.kind != BtfKind::int_ && !is_enumeration(type.kind)) return {};
    if (type.size > 8 || member.bitfield_size > type.size * 8) return {};
    return type.is_bool && type.size == 1 ? "bool" : integer_of(type.size, is_signed);
}

std::uint64_t bits_of(const Btf& btf, const BtfMember& member) {
    if (member.bitfield_size != 0) return member.bitfield_size;
    return 8 * btf.size_of(member.type).value_or(0);
}

/// Whether C++ can lay the type out: members in order, whole bytes, inside the type.
bool is_regular(const Btf& btf, const BtfType& type) {
    const bool is_union = type.kind == BtfKind::union_;
    std::uint64_t end = 0;
    return std::ranges::all_of(btf.members(type), [&](const BtfMember& m) {
        const bool begins = is_union ? m.bit_offset == 0 : m.bit_offset >= end;
        const bool whole = m.bitfield_size != 0 || m.bit_offset % 8 == 0;
        if (m.bitfield_size != 0 && bit_field_text(btf, m).empty()) return false;
        end = m.bit_offset + bits_of(btf, m);
        return begins && whole && end <= std::uint64_t{type.size} * 8;
    });
}

}  // namespace

std::string CppScope::take(std::string_view name) {
    const std::string plain = identifier(name);
    unsigned& uses = taken_[plain];
    std::string chosen = plain;
    while (++uses > 1) {
        chosen = fmt::format("{}_{}", plain, uses);
        if (taken_.try_emplace(chosen, 1).second) break;
    }
    return chosen;
}

bool CppTypes::is_full() const { return spent_ + definitions_.size() > max_text; }

std::string CppTypes::value(std::uint32_t id, std::string_view hint) {
    const BtfType& type = btf_.type(btf_.resolve(id));
    const auto size = btf_.size_of(id).value_or(0);
    if (size == 0 || size > max_size || is_full()) return {};
    if (type.kind == BtfKind::array) {
        const std::string element = value(type.type, hint);
        return element.empty() ? "" : fmt::format("std::array<{}, {}>", element, type.count);
    }
    const std::string_view name = name_of_value(id);
    if (is_aggregate(type.kind)) return named(btf_.resolve(id), name.empty() ? hint : name);
    if (is_enumeration(type.kind) && !name.empty()) return named(btf_.resolve(id), name);
    return scalar(btf_.resolve(id));
}

/// The name of a struct, union or enum, or of a typedef of one that has none.
std::string_view CppTypes::name_of_value(std::uint32_t id) const {
    std::string_view name;
    for (; is_modifier(btf_.kind(id)); id = btf_.type(id).type)
        if (btf_.kind(id) == BtfKind::typedef_ && name.empty()) name = btf_.type(id).name;
    const BtfType& type = btf_.type(id);
    return type.name.empty() ? name : type.name;
}

std::string CppTypes::scalar(std::uint32_t id) {
    const BtfType& type = btf_.type(id);
    if (type.kind == BtfKind::int_) return std::string(int_text(type));
    if (type.kind == BtfKind::float_) return std::string(float_text(type.size));
    if (type.kind == BtfKind::ptr) return "std::uint64_t";
    if (is_enumeration(type.kind)) return std::string(integer_of(type.size, type.kind_flag));
    return {};
}

std::string CppTypes::named(std::uint32_t id, std::string_view name) {
    if (is_full()) return {};
    const auto [entry, is_new] = defined_.try_emplace(id);
    if (is_new) {
        const std::string chosen = names_.take(name);
        entry->second = chosen;
        if (is_enumeration(btf_.kind(id)))
            define_enum(id, chosen);
        else
            define_aggregate(id, chosen);
    }
    return scope_ + defined_.at(id);
}

void CppTypes::define_enum(std::uint32_t id, const std::string& name) {
    const BtfType& type = btf_.type(id);
    std::string text =
        fmt::format("enum {} : {} {{\n", name, integer_of(type.size, type.kind_flag));
    for (const BtfEnumerator& e : btf_.enumerators(type))
        text += line(1, fmt::format("{} = {},", names_.take(e.name),
                                    enumerator_value(e.value, type.size, type.kind_flag)));
    definitions_ += text + "};\n\n";
}

void CppTypes::define_aggregate(std::uint32_t id, const std::string& name) {
    const BtfType& type = btf_.type(id);
    Body body;
    body.type = name;
    if (is_regular(btf_, type))
        members(body, id, 1, 0);
    else
        body.text = line(1, fmt::format("std::uint8_t bytes[{}];", type.size));
    const bool is_packed = is_regular(btf_, type) && layout_.is_packed(id);
    definitions_ += fmt::format("{} {}{} {{\n{}}};\nstatic_assert(sizeof({}) == {});\n{}\n",
                                type.kind == BtfKind::union_ ? "union" : "struct",
                                is_packed ? "__attribute__((packed)) " : "", name, body.text, name,
                                type.size, body.checks);
}

/// @param base bytes from the outermost type's start, for the assertions.
void CppTypes::members(Body& body, std::uint32_t id, unsigned indent, std::uint64_t base) {
    const BtfType& type = btf_.type(id);
    const bool is_union = type.kind == BtfKind::union_;
    std::uint64_t end = 0;
    for (const BtfMember& m : btf_.members(type)) {
        const bool is_nested = is_aggregate(btf_.kind(btf_.resolve(m.type)));
        // What has no name and is no nested type is a hole.
        if ((m.name.empty() && !is_nested) || is_full()) continue;
        if (!is_union) hole(body, end, m.bit_offset, indent);
        if (m.name.empty())
            anonymous(body, m, indent, base);
        else
            member(body, m, indent, base);
        end = std::max(end, is_union ? 0 : m.bit_offset + bits_of(btf_, m));
    }
    const std::uint64_t size = std::uint64_t{type.size} * 8;
    if (!is_union) return hole(body, end, size, indent);
    const bool is_short = std::ranges::none_of(
        btf_.members(type), [&](const BtfMember& m) { return bits_of(btf_, m) == size; });
    if (is_short) hole(body, 0, size, indent);
}

void CppTypes::member(Body& body, const BtfMember& member, unsigned indent, std::uint64_t base) {
    const std::string name = body.names.take(member.name);
    if (member.bitfield_size != 0) {
        add_line(
            body, indent,
            fmt::format("{} {} : {};", bit_field_text(btf_, member), name, member.bitfield_size));
        return;
    }
    const auto [type, suffix] =
        declarator(member.type, fmt::format("{}_{}", body.type, member.name));
    if (type.empty()) return;
    add_line(body, indent, fmt::format("{} {}{};", type, name, suffix));
    body.checks += fmt::format("static_assert(offsetof({}, {}) == {});\n", body.type, name,
                               base + member.bit_offset / 8);
    spent_ += body.type.size() + name.size();
}

void CppTypes::anonymous(Body& body, const BtfMember& member, unsigned indent, std::uint64_t base) {
    const std::uint32_t id = btf_.resolve(member.type);
    const BtfType& type = btf_.type(id);
    if (type.size == 0) return;
    if (!is_regular(btf_, type)) return hole(body, 0, std::uint64_t{type.size} * 8, indent);
    const bool is_packed = layout_.is_packed(id);
    add_line(body, indent,
             fmt::format("{} {}{{", type.kind == BtfKind::union_ ? "union" : "struct",
                         is_packed ? "__attribute__((packed)) " : ""));
    members(body, id, indent + 1, base + member.bit_offset / 8);
    add_line(body, indent, "};");
}

CppTypes::Declarator CppTypes::declarator(std::uint32_t id, std::string_view hint) {
    std::string suffix;
    std::uint32_t element = btf_.resolve(id);
    std::uint32_t last = id;
    for (; btf_.kind(element) == BtfKind::array; element = btf_.resolve(last)) {
        suffix += fmt::format("[{}]", btf_.type(element).count);
        last = btf_.type(element).type;
    }
    std::string type = value(last, hint);
    if (!type.empty()) return {std::move(type), std::move(suffix)};
    // What C++ has no type for is bytes, if there are any.
    const auto size = btf_.size_of(id).value_or(0);
    return {size == 0 ? "" : "std::uint8_t", fmt::format("[{}]", size)};
}

void CppTypes::add_line(Body& body, unsigned indent, std::string_view text) {
    body.text += line(indent, text);
    spent_ += 4 * std::size_t{indent} + text.size();
}

void CppTypes::hole(Body& body, std::uint64_t from, std::uint64_t to, unsigned indent) {
    const auto add = [&](std::string_view suffix) {
        const std::string name = body.names.take(fmt::format("hole_{}", ++body.holes));
        add_line(body, indent, fmt::format("std::uint8_t {}{};", name, suffix));
    };
    const std::uint64_t first = std::min((from + 7) / 8 * 8, to),
                        last = std::max(to / 8 * 8, first);
    if (first > from) add(fmt::format(" : {}", first - from));
    if (last > first) add(fmt::format("[{}]", (last - first) / 8));
    if (to > last) add(fmt::format(" : {}", to - last));
}

}  // namespace bpftwin
