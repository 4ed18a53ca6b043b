// See c_writer.h.
#include "btf/c_writer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "fmt/format.h"

namespace bpftwin {
namespace {

/// How deep declarations may nest through pointers, which BTF does not bound.
constexpr unsigned max_depth = 64;

struct CInt {
    std::string_view name;
    std::uint32_t size;
};

/// Names of integers in C for BPF, as compilers write them into debug information.
constexpr auto c_ints = std::to_array<CInt>({
    {"char", 1},
    {"signed char", 1},
    {"unsigned char", 1},
    {"_Bool", 1},
    {"short", 2},
    {"short int", 2},
    {"unsigned short", 2},
    {"short unsigned int", 2},
    {"int", 4},
    {"unsigned int", 4},
    {"long", 8},
    {"long int", 8},
    {"unsigned long", 8},
    {"long unsigned int", 8},
    {"long long", 8},
    {"long long int", 8},
    {"unsigned long long", 8},
    {"long long unsigned int", 8},
    {"__int128", 16},
    {"unsigned __int128", 16},
    {"__int128 unsigned", 16},
});

std::string_view int_of_size(std::uint32_t size, bool is_signed) {
    switch (size) {
        case 1: return is_signed ? "signed char" : "unsigned char";
        case 2: return is_signed ? "short" : "unsigned short";
        case 4: return is_signed ? "int" : "unsigned int";
        case 8: return is_signed ? "long long" : "unsigned long long";
        default: return is_signed ? "__int128" : "unsigned __int128";
    }
}

/// Whether C for BPF knows an int of that name and size.
bool is_c_int(const BtfType& type) {
    return std::ranges::any_of(
        c_ints, [&](const CInt& c) { return c.name == type.name && c.size == type.size; });
}

bool is_identifier(std::string_view name) {
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_';
           });
}

/// Whether an int has a name that C does not know but could define. One that C knows with another
/// size must not be defined anew.
bool is_definable_int(const BtfType& type) {
    return is_identifier(type.name) &&
           std::ranges::find(c_ints, type.name, &CInt::name) == c_ints.end();
}

std::string float_of_size(std::uint32_t size) {
    if (size == sizeof(float)) return "float";
    if (size == sizeof(double)) return "double";
    return fmt::format("struct {{ unsigned char bytes[{}]; }}", size);
}

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
        out += plain ? std::string(1, c) : fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
    return out;
}

/// Whether a tag's text can stand between the parentheses of an attribute.
bool is_attribute(std::string_view text) {
    return std::ranges::all_of(text,
                               [](char c) {
                                   return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                          std::string_view("_(), ").contains(c);
                               }) &&
           std::ranges::count(text, '(') == std::ranges::count(text, ')');
}

std::string attribute(const BtfType& tag) {
    if (!tag.kind_flag)
        return fmt::format("__attribute__((btf_type_tag(\"{}\"))) ", escaped(tag.name));
    return is_attribute(tag.name) ? fmt::format("__attribute__(({})) ", tag.name) : "";
}

/// What stands around a type's name: `const`, `volatile`, `restrict` before, attributes after it;
/// each word with a space behind it.
struct Qualifiers {
    std::string words, attributes;

    void add(const BtfType& modifier) {
        const bool is_tag = modifier.kind == BtfKind::type_tag;
        std::string& side = is_tag ? attributes : words;
        const std::string word = is_tag ? attribute(modifier) : keyword(modifier.kind);
        // An array of const elements may itself be const, which C writes at one place.
        if (!side.contains(word)) side += word;
    }
    static std::string keyword(BtfKind kind) {
        if (kind == BtfKind::const_) return "const ";
        return kind == BtfKind::volatile_ ? "volatile " : "restrict ";
    }
    /// All of them, which then are used up.
    std::string take() { return std::exchange(words, {}) + std::exchange(attributes, {}); }
};

std::string enumerator_value(std::uint64_t value, bool is_signed) {
    if (is_signed && value == std::uint64_t{1} << 63) return "-9223372036854775807LL - 1";
    if (is_signed) return fmt::format("{}", static_cast<std::int64_t>(value));
    return fmt::format("{}{}", value, value >> 63 != 0 ? "ULL" : "");
}

/// Bytes that C gives an enum of these values by itself.
std::uint32_t natural_size(BtfEntries<BtfEnumerator> enumerators, bool is_signed) {
    bool negative = false, large = false, wide = false;
    for (const BtfEnumerator& e : enumerators) {
        const auto value = static_cast<std::int64_t>(e.value);
        const bool below_zero = is_signed && value < 0;
        negative |= below_zero;
        large |= !below_zero && e.value > INT32_MAX;
        wide |= below_zero ? value < INT32_MIN : e.value > UINT32_MAX;
    }
    return wide || (negative && large) ? 8 : 4;
}

struct PaddingUnit {
    std::string_view type;
    std::uint64_t bits;
};
constexpr auto padding_units =
    std::to_array<PaddingUnit>({{"long", 64}, {"int", 32}, {"short", 16}, {"char", 8}});
/// Longer padding is an array instead of unnamed bit fields.
constexpr std::uint64_t max_padding = 8 * 64;

/// What declares something of the type it refers to.
bool is_declaration(BtfKind kind) {
    return kind == BtfKind::func || kind == BtfKind::var || kind == BtfKind::decl_tag;
}

/// The typedefs that compilers bring along. C must not define them again, and those of BPF differ
/// from those of the kernel: what they stand for is written instead.
bool is_compilers_own(const BtfType& type) {
    return type.kind == BtfKind::typedef_ && type.name.starts_with("__builtin_");
}

/// The attribute that makes an enum `size` bytes large.
std::string_view mode_of_size(std::uint32_t size) {
    switch (size) {
        case 1: return " __attribute__((mode(QI)))";
        case 2: return " __attribute__((mode(HI)))";
        case 4: return " __attribute__((mode(SI)))";
        default: return " __attribute__((mode(DI)))";
    }
}

}  // namespace

std::string CWriter::definition(std::uint32_t id) {
    const BtfType& type = btf_.type(id);
    if (is_aggregate(type.kind)) return aggregate(id, tag(id), 0);
    if (is_enumeration(type.kind) && type.size == 0 && !type.name.empty()) return tag(id);
    if (is_enumeration(type.kind)) return enumeration(id, type.name.empty() ? "enum" : tag(id), 0);
    if (type.kind == BtfKind::typedef_)
        return is_compilers_own(type) ? "" : "typedef " + declare(type.type, names_.of(id));
    if (type.kind != BtfKind::int_ || !is_definable_int(type)) return {};
    const std::string_view plain = type.is_bool ? "_Bool" : int_of_size(type.size, type.is_signed);
    return fmt::format("typedef {} {}", plain, names_.of(id));
}

std::string CWriter::tag(std::uint32_t id) {
    return fmt::format("{} {}", keyword_of(btf_.type(id)), names_.of(id));
}

std::string CWriter::declare(std::uint32_t id, std::string_view name, unsigned indent) {
    if (depth_ >= max_depth || is_full()) return fmt::format("void {} /* too much */", name);
    ++depth_;
    ++spent_;
    std::string declarator(name);
    Qualifiers qualifiers;
    bool of_pointer = false;
    for (unsigned steps = 0;; ++steps, id = btf_.type(id).type) {
        const BtfType& type = btf_.type(id);
        const bool is_suffix = type.kind == BtfKind::array || type.kind == BtfKind::func_proto;
        if (is_suffix && std::exchange(of_pointer, false)) declarator = "(" + declarator + ")";
        if (type.kind == BtfKind::ptr) {
            declarator = "*" + qualifiers.take() + declarator;
            of_pointer = true;
        } else if (type.kind == BtfKind::array) {
            declarator += fmt::format("[{}]", type.count);
        } else if (type.kind == BtfKind::func_proto) {
            declarator += params(type);
            qualifiers.take();
        } else if (is_modifier(type.kind) && type.kind != BtfKind::typedef_) {
            qualifiers.add(type);
        } else if (!is_declaration(type.kind) && !is_compilers_own(type)) {
            break;
        }
        // Functions may return pointers to functions that return them again.
        if (steps > 4 * max_depth) {
            id = 0;
            break;
        }
    }
    --depth_;
    std::string text = fmt::format("{}{} {}{}", qualifiers.words, base(id, indent),
                                   qualifiers.attributes, declarator);
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::string CWriter::base(std::uint32_t id, unsigned indent) {
    const BtfType& type = btf_.type(id);
    const bool is_anonymous = type.name.empty();
    if (is_aggregate(type.kind) && is_anonymous)
        return aggregate(id, type.kind == BtfKind::union_ ? "union" : "struct", indent);
    if (is_aggregate(type.kind) || type.kind == BtfKind::fwd) return mention(id);
    if (is_enumeration(type.kind)) return is_anonymous ? enumeration(id, "enum", indent) : tag(id);
    if (type.kind == BtfKind::int_) return integer(id);
    if (type.kind == BtfKind::float_) return float_of_size(type.size);
    if (type.kind == BtfKind::typedef_) return names_.of(id);
    if (type.kind == BtfKind::datasec) return fmt::format("/* section {} */", type.name);
    return "void";
}

std::string CWriter::integer(std::uint32_t id) {
    const BtfType& type = btf_.type(id);
    if (is_c_int(type) || (style_ == Style::one_line && !type.name.empty()))
        return std::string(type.name);
    if (is_definable_int(type)) return names_.of(id);
    return std::string(int_of_size(type.size, type.is_signed));
}

std::string CWriter::mention(std::uint32_t id) {
    mentions_.push_back({tag(id), prototypes_ != 0});
    return mentions_.back().tag;
}

std::string CWriter::params(const BtfType& prototype) {
    ++prototypes_;
    std::string list;
    for (const BtfParam& param : btf_.params(prototype)) {
        if (is_full()) break;
        if (!list.empty()) list += ", ";
        list += param.type == 0 ? "..." : declare(param.type, param.name, 0);
    }
    --prototypes_;
    spent_ += list.size();
    // C has no parameter list of nothing but "...": such functions were declared without one.
    if (list == "...") return "()";
    return fmt::format("({})", list.empty() ? "void" : list);
}

std::string CWriter::line(unsigned indent, std::string_view text) {
    spent_ += text.size() + indent + 1;
    if (!is_on_lines()) return fmt::format(" {}", text);
    return fmt::format("\n{}{}", std::string(indent, '\t'), text);
}

std::string CWriter::aggregate(std::uint32_t id, std::string_view head, unsigned indent) {
    if (depth_ >= max_depth) return fmt::format("{} {{ /* too much */ }}", head);
    ++depth_;
    printed_.insert(id);
    const bool packed = is_on_lines() && layout_.is_packed(id);
    std::string text = fmt::format("{} {{", head);
    text += members(id, packed, indent + 1);
    text += btf_.type(id).count == 0 && text.back() == '{' ? "}" : line(indent, "}");
    if (packed) text += " __attribute__((packed))";
    --depth_;
    return text;
}

std::string CWriter::members(std::uint32_t id, bool packed, unsigned indent) {
    const BtfType& type = btf_.type(id);
    const bool is_union = type.kind == BtfKind::union_;
    std::string text;
    std::uint64_t end = 0;
    for (const BtfMember& m : btf_.members(type)) {
        if (is_full()) return text + line(indent, "/* too much */");
        const bool fits = is_union || layout_.natural_offset(m, end, packed) == m.bit_offset;
        if (!fits) text += padding(end, m.bit_offset, indent);
        text += member(m, indent);
        end = std::max(end, layout_.end_of(m));
    }
    const std::uint64_t unit = packed ? 8 : 8ULL * layout_.alignment(id);
    const std::uint64_t natural = (end + unit - 1) / unit * unit;
    if (natural >= std::uint64_t{type.size} * 8) return text;
    return text + (is_union ? hole(type.size, indent) : padding(end, type.size * 8ULL, indent));
}

std::string CWriter::member(const BtfMember& member, unsigned indent) {
    std::string name = c_identifier(member.name);
    const bool is_nested = is_aggregate(btf_.kind(btf_.resolve(member.type)));
    if (name.empty() && !is_nested) name = fmt::format("__anonymous_{}", ++holes_);
    std::string text = declare(member.type, name, indent);
    if (member.bitfield_size != 0) text += fmt::format(": {}", member.bitfield_size);
    return line(indent, text + ";");
}

std::string CWriter::padding(std::uint64_t from, std::uint64_t to, unsigned indent) {
    if (!is_on_lines()) return {};
    std::string text;
    while (from < to) {
        if (from % 8 == 0 && to - from > max_padding) {
            text += hole((to - from) / 8, indent);
            from = to - to % 8;
            continue;
        }
        const auto unit = std::ranges::find_if(padding_units, [&](const PaddingUnit& u) {
            return from % u.bits == 0 && from + u.bits <= to;
        });
        const bool is_whole = unit != padding_units.end();
        const std::uint64_t bits = is_whole ? unit->bits : std::min(8 - from % 8, to - from);
        text += line(indent, fmt::format("{}: {};", is_whole ? unit->type : "char", bits));
        from += bits;
    }
    return text;
}

std::string CWriter::hole(std::uint64_t bytes, unsigned indent) {
    if (!is_on_lines()) return {};
    return line(indent, fmt::format("unsigned char __hole_{}[{}];", ++holes_, bytes));
}

std::string CWriter::enumeration(std::uint32_t id, std::string_view head, unsigned indent) {
    const BtfType& type = btf_.type(id);
    printed_.insert(id);
    std::string text = fmt::format("{} {{", head);
    for (const BtfEnumerator& e : btf_.enumerators(type)) {
        if (is_full()) break;
        text += line(indent + 1, fmt::format("{} = {},", names_.enumerator(e.name),
                                             enumerator_value(e.value, type.kind_flag)));
    }
    // C has no enum without enumerators.
    if (type.count == 0) text += line(indent + 1, names_.enumerator("__no_enumerators") + ",");
    text += line(indent, "}");
    const bool is_natural =
        type.size == 0 || natural_size(btf_.enumerators(type), type.kind_flag) == type.size;
    if (style_ == Style::lines && !is_natural) text += mode_of_size(type.size);
    return text;
}

}  // namespace bpftwin
