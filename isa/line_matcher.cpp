// Reads literals and slots of a row's syntax, and keeps what was expected where it failed.
#include "isa/line_matcher.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::int64_t int32_least = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t int32_most = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t uint32_most = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t int16_least = std::numeric_limits<std::int16_t>::min();
constexpr std::int64_t int16_most = std::numeric_limits<std::int16_t>::max();

bool is_operator_char(char c) { return std::string_view("+-*/%&|^<>=!").contains(c); }

/// Length of the token that begins `text`: a word, an operator, or one other character.
std::size_t token_length(std::string_view text) {
    auto run = [&](auto is_part) {
        return static_cast<std::size_t>(std::ranges::find_if_not(text, is_part) - text.begin());
    };
    if (is_name_char(text.front())) return run(is_name_char);
    return is_operator_char(text.front()) ? run(is_operator_char) : 1;
}

}  // namespace

void Furthest::note(std::size_t at, std::string what) {
    if (at > position) expected.clear();
    position = at;
    if (std::ranges::find(expected, what) == expected.end()) expected.push_back(std::move(what));
}

std::string Furthest::describe(std::string_view line) const {
    auto what = position > begin ? summary() : "an instruction";
    auto rest = line.substr(position);
    return rest.empty() ? fmt::format("expected {} at the end", what)
                        : fmt::format("expected {} at \"{}\"", what, rest);
}

std::string Furthest::summary() const {
    constexpr std::size_t most = 8;
    auto shown = expected;
    auto is_literal = [](const std::string& text) { return text.starts_with('\''); };
    bool only_literals = std::ranges::all_of(shown, is_literal);
    if (shown.size() > most && !only_literals) {
        std::erase_if(shown, is_literal);
        shown.emplace_back("...");
    }
    return shown.size() == 1 ? shown.front() : fmt::format("one of: {}", fmt::join(shown, ", "));
}

bool LineMatcher::match() {
    bool all = for_each_piece(
        info(op_).syntax, [this](std::string_view text) { return literal(text); },
        [this](Slot at) { return slot(at); });
    return all && (cursor_.at_end() || expected("the end of the line"));
}

bool LineMatcher::expected(std::string_view what, std::string_view quote) {
    cursor_.skip_blanks();
    if (cursor_.position() >= context_.furthest.position)
        context_.furthest.note(cursor_.position(), fmt::format("{0}{1}{0}", quote, what));
    return false;
}

bool LineMatcher::literal(std::string_view text) {
    while (!text.empty()) {
        if (text.front() == ' ') {
            text.remove_prefix(1);
            continue;
        }
        auto token = text.substr(0, token_length(text));
        if (!cursor_.take(token)) return expected(token, "'");
        text.remove_prefix(token.size());
    }
    return true;
}

bool LineMatcher::slot(Slot at) {
    switch (at) {
        case Slot::dst: return bind(dst_field, 'r', matched_.operands.dst);
        case Slot::dst32: return bind(dst_field, 'w', matched_.operands.dst);
        case Slot::src: return bind(src_field, 'r', matched_.operands.src);
        case Slot::src32: return bind(src_field, 'w', matched_.operands.src);
        case Slot::imm: return imm();
        case Slot::hex: return hex();
        case Slot::off: return off();
        case Slot::jump: return target(int16_least, int16_most);
        case Slot::long_jump: return target(int32_least, int32_most);
        case Slot::helper: return helper();
        case Slot::kfunc: return kfunc();
        case Slot::spaces: return spaces();
        case Slot::constant: return constant();
        case Slot::map: return map();
        case Slot::value_offset: return value_offset();
        case Slot::btf: return btf();
    }
    bug("syntax with an unknown slot");
}

std::optional<std::uint8_t> LineMatcher::register_number(char letter) {
    constexpr std::string_view digits = "0123456789";
    auto start = cursor_;
    auto name = cursor_.take_name();
    if (name == (letter == 'r' ? "r10" : "w10")) return std::uint8_t{10};
    if (name.size() == 2 && name[0] == letter && digits.contains(name[1]))
        return static_cast<std::uint8_t>(name[1] - '0');
    cursor_ = start;
    expected(letter == 'r' ? "r0 to r10" : "w0 to w10");
    return std::nullopt;
}

/// Reads a register into `to`; where the syntax names a field twice, both have to agree.
bool LineMatcher::bind(Fields field, char letter, std::uint8_t& to) {
    auto start = cursor_;
    auto number = register_number(letter);
    if (!number) return false;
    if ((bound_ & field) != 0 && *number != to) {
        cursor_ = start;
        return expected(fmt::format("{}{} again", letter, to));
    }
    bound_ |= field;
    to = *number;
    return true;
}

bool LineMatcher::set_imm(std::int64_t least, std::int64_t most, std::string_view what) {
    auto start = cursor_;
    auto number = cursor_.take_number();
    auto value = number ? number->in_range(least, most) : std::nullopt;
    if (!value) {
        cursor_ = start;
        return expected(what);
    }
    matched_.operands.imm = static_cast<std::int32_t>(*value);
    return true;
}

bool LineMatcher::imm() {
    // A 64-bit operation extends the sign, so 0xffffffff would silently mean -1.
    if (info(op_).bits == 64)
        return set_imm(int32_least, int32_most, "a number from -2147483648 to 2147483647");
    return set_imm(int32_least, uint32_most, "a number of 32 bits");
}

bool LineMatcher::hex() { return set_imm(int32_least, uint32_most, "a number of 32 bits"); }

bool LineMatcher::off() {
    auto start = cursor_;
    auto number = cursor_.take_signed();
    auto value =
        number ? number->in_range(int16_least, int16_most) : std::optional<std::int64_t>(0);
    if (!value) {
        cursor_ = start;
        return expected("an offset from -32768 to +32767");
    }
    matched_.operands.off = static_cast<std::int16_t>(*value);
    return number || cursor_.rest().starts_with(')') || expected("an offset, as +8");
}

bool LineMatcher::target(std::int64_t least, std::int64_t most) {
    auto start = cursor_;
    auto name = cursor_.take_name();
    if (context_.is_label(name)) {
        matched_.label = name;
        return true;
    }
    if (name != "pc") cursor_ = start;
    auto number = cursor_.take_signed();
    auto value = number ? number->in_range(least, most) : std::nullopt;
    if (!value) {
        cursor_ = start;
        return expected("pc+N or a label of this text");
    }
    auto& operands = matched_.operands;
    if (target_field(op_) == off_field)
        operands.off = static_cast<std::int16_t>(*value);
    else
        operands.imm = static_cast<std::int32_t>(*value);
    return true;
}

/// Reads "#12" behind a name.
bool LineMatcher::id_after_name() {
    return cursor_.take("#") && set_imm(int32_least, int32_most, "a number of 32 bits");
}

bool LineMatcher::helper() {
    constexpr std::string_view what = "a helper's name or number";
    auto start = cursor_;
    auto name = cursor_.take_name();
    if (name.empty() && (cursor_.rest().starts_with('+') || cursor_.rest().starts_with('-')))
        return expected(what);  // A target.
    if (name.empty()) return set_imm(int32_least, int32_most, what);
    auto id = context_.names.helper ? context_.names.helper(name) : std::nullopt;
    bool is_kfunc = !id && context_.names.kfunc && context_.names.kfunc(name);
    if (!is_kfunc && !context_.is_label(name)) {
        if (id_after_name()) return true;
        matched_.operands.imm = id.value_or(0);
        if (id) return true;
    }
    cursor_ = start;
    return expected(what);
}

bool LineMatcher::kfunc() {
    auto start = cursor_;
    bool unnamed = cursor_.take("kernel-function");
    auto name = unnamed ? std::string_view() : cursor_.take_name();
    auto id = !name.empty() && context_.names.kfunc ? context_.names.kfunc(name) : std::nullopt;
    bool numbered = (unnamed || id) && id_after_name();
    if (!numbered && !id) {
        cursor_ = start;
        return expected("a kernel function");
    }
    if (!numbered) matched_.operands.imm = *id;
    if (!cursor_.take("[")) return true;
    auto index = cursor_.take_number();
    auto value = index ? index->in_range(int16_least, int16_most) : std::nullopt;
    if (!value || !cursor_.take("]")) return expected("an index of 16 bits and ']'");
    matched_.operands.off = static_cast<std::int16_t>(*value);
    return true;
}

bool LineMatcher::spaces() {
    for (int to : {0, 1}) {
        auto start = cursor_;
        if (cursor_.take(fmt::format("{}", to)) && cursor_.take(",") &&
            cursor_.take(fmt::format("{}", 1 - to))) {
            matched_.operands.imm = to == 1 ? 1 << 16 : 1;
            return true;
        }
        cursor_ = start;
    }
    return expected("'0, 1' or '1, 0'");
}

bool LineMatcher::constant() {
    auto start = cursor_;
    auto number = cursor_.take_number();
    auto bits = number ? number->bits() : std::nullopt;
    if (!bits) {
        cursor_ = start;
        return expected("a number of 64 bits");
    }
    matched_.operands.imm = static_cast<std::int32_t>(*bits);
    matched_.second = static_cast<std::int32_t>(*bits >> 32);
    return cursor_.take("ll") || context_.has_opcode || expected("'ll' behind a 64-bit constant");
}

bool LineMatcher::map() {
    if (!set_imm(int32_least, int32_most, "a map's number")) return false;
    auto name_end = cursor_.rest().find(']');
    if (cursor_.rest().starts_with(' ') && name_end != std::string_view::npos)
        cursor_.move_to(cursor_.position() + name_end);
    return true;
}

bool LineMatcher::value_offset() {
    auto start = cursor_;
    auto number = cursor_.take_signed();
    auto value = number ? number->in_range(0, uint32_most) : std::optional<std::int64_t>(0);
    if (!value) {
        cursor_ = start;
        return expected("an offset from +0 to +4294967295");
    }
    matched_.second = static_cast<std::int32_t>(*value);
    return true;
}

bool LineMatcher::btf() {
    if (!set_imm(int32_least, int32_most, "a BTF type id")) return false;
    if (!cursor_.take("[")) return true;
    auto id = matched_.operands.imm;
    bool read = literal("fd:") && set_imm(int32_least, int32_most, "a descriptor") && literal("]");
    matched_.second = std::exchange(matched_.operands.imm, id);
    return read;
}

}  // namespace bpftwin
