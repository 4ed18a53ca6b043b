// Tokens of assembler text.
#include "isa/cursor.h"

#include <charconv>
#include <limits>

namespace bpftwin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Whether a token that ends in `last` goes on with `next`.
bool continues(char last, char next) {
    if (is_name_char(last)) return is_name_char(next);
    return std::string_view("=<>&|").contains(last) && std::string_view("=<>").contains(next);
}

}  // namespace

bool is_name_char(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

std::optional<std::int64_t> Number::in_range(std::int64_t least, std::int64_t most) const {
    constexpr auto limit = std::uint64_t{1} << 63;
    if (magnitude > limit || (!negative && magnitude == limit)) return std::nullopt;
    auto value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
    if (value < least || value > most) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> Number::bits() const {
    if (!negative) return magnitude;
    if (magnitude > std::uint64_t{1} << 63) return std::nullopt;
    return 0 - magnitude;
}

void Cursor::skip_blanks() {
    while (position_ < line_.size() && is_blank(line_[position_])) ++position_;
}

bool Cursor::at_end() {
    skip_blanks();
    return position_ == line_.size();
}

bool Cursor::take(std::string_view token) {
    skip_blanks();
    if (!rest().starts_with(token)) return false;
    auto after = rest().substr(token.size());
    if (!after.empty() && continues(token.back(), after.front())) return false;
    position_ += token.size();
    return true;
}

std::string_view Cursor::take_name() {
    skip_blanks();
    auto name = rest();
    std::size_t length = 0;
    while (length < name.size() && is_name_char(name[length])) ++length;
    if (length == 0 || is_digit(name.front())) return {};
    position_ += length;
    return name.substr(0, length);
}

std::optional<Number> Cursor::digits(bool negative) {
    auto text = rest();
    bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    Number number{negative, 0};
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number.magnitude, hex ? 16 : 10);
    if (error != std::errc() || (end < text.data() + text.size() && is_name_char(*end)))
        return std::nullopt;
    position_ = static_cast<std::size_t>(end - line_.data());
    return number;
}

std::optional<Number> Cursor::take_number() {
    skip_blanks();
    auto start = position_;
    bool negative = rest().starts_with('-');
    if (negative || rest().starts_with('+')) ++position_;
    auto number = digits(negative);
    if (!number) position_ = start;
    return number;
}

std::optional<Number> Cursor::take_signed() {
    skip_blanks();
    auto start = position_;
    bool negative = rest().starts_with('-');
    if (negative || rest().starts_with('+')) {
        ++position_;
        skip_blanks();
        if (auto number = digits(negative)) return number;
    }
    position_ = start;
    return std::nullopt;
}

}  // namespace bpftwin
