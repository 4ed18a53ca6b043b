// Character classes as the kernel sees them (lib/ctype.c): ISO 8859-1, whatever the locale.
#pragma once

namespace bpftwin::ctype {

constexpr unsigned code(char c) { return static_cast<unsigned char>(c); }

constexpr bool is_ascii(char c) { return code(c) < 0x80; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_print(char c) { return c >= ' ' && c <= '~'; }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || code(c) == 0xa0; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_alnum(char c) {
    if (!is_ascii(c)) return code(c) >= 0xc0 && code(c) != 0xd7 && code(c) != 0xf7;
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

constexpr bool is_punct(char c) {
    if (!is_ascii(c)) return code(c) > 0xa0 && !is_alnum(c);
    return is_ascii_print(c) && c != ' ' && !is_alnum(c);
}

/// Value of a digit in bases up to 16, or 255.
constexpr unsigned digit_value(char c) {
    if (is_digit(c)) return static_cast<unsigned>(c - '0');
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : 255;
}

}  // namespace bpftwin::ctype
