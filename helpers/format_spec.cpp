#include "helpers/format_spec.h"

#include <algorithm>
#include <cerrno>

#include "helpers/ctype.h"

namespace bpftwin {
namespace {

using Spec = FormatPiece::Spec;

bool is_plain_text(char c) {
    return !ctype::is_ascii(c) || ctype::is_ascii_print(c) || ctype::is_space(c);
}

}  // namespace

std::expected<FormatPiece, int> FormatReader::next(bool may_convert) {
    FormatPiece piece;
    piece.text = rest_.substr(0, rest_.find('%'));
    if (!std::ranges::all_of(piece.text, is_plain_text)) return std::unexpected(-EINVAL);
    rest_.remove_prefix(piece.text.size());
    if (rest_.empty()) return piece;
    if (peek(1) == '%') {
        piece.percent = true;
        rest_.remove_prefix(2);
        return piece;
    }
    if (!may_convert) return std::unexpected(-EINVAL);
    const auto spec = read_spec();
    if (!spec) return std::unexpected(spec.error());
    piece.spec = *spec;
    return piece;
}

std::expected<Spec, int> FormatReader::read_spec() {
    Spec spec;
    rest_.remove_prefix(1);
    read_flags(spec);
    read_width(spec);
    if (const auto read = read_conversion(spec); !read) return std::unexpected(read.error());
    return spec;
}

void FormatReader::read_flags(Spec& spec) {
    for (;; rest_.remove_prefix(1)) {
        switch (peek()) {
            case '-': spec.left = true; break;
            case '+': spec.plus = true; break;
            case ' ': spec.space = true; break;
            case '0': spec.zero_pad = true; break;
            default: return;
        }
    }
}

void FormatReader::read_width(Spec& spec) {
    if (!ctype::is_digit(peek())) return;
    std::uint32_t width = 0;  // Wraps around as the kernel's skip_atoi does.
    for (; ctype::is_digit(peek()); rest_.remove_prefix(1))
        width = width * 10 + static_cast<std::uint32_t>(peek() - '0');
    constexpr std::int32_t widest = (1 << 23) - 1;  // FIELD_WIDTH_MAX.
    spec.width = std::clamp(static_cast<std::int32_t>(width), -widest, widest);
}

std::expected<void, int> FormatReader::read_conversion(Spec& spec) {
    switch (peek()) {
        case 'p': return read_pointer(spec);
        case 's': spec.conversion = Conversion::text; break;
        case 'c': spec.conversion = Conversion::character; break;
        default: return read_integer(spec);
    }
    rest_.remove_prefix(1);
    if (spec.conversion == Conversion::text && !ends_here()) return std::unexpected(-EINVAL);
    return {};
}

std::expected<void, int> FormatReader::read_integer(Spec& spec) {
    for (int longs = 0; longs < 2 && peek() == 'l'; ++longs) {
        spec.wide = true;
        rest_.remove_prefix(1);
    }
    spec.letter = peek();
    if (spec.letter == 0 || !std::string_view("diuxX").contains(spec.letter))
        return std::unexpected(-EINVAL);
    rest_.remove_prefix(1);
    return {};
}

std::expected<void, int> FormatReader::read_pointer(Spec& spec) {
    rest_.remove_prefix(1);
    spec.conversion = Conversion::pointer;
    if (ends_here()) return {};
    const char extension = peek();
    if ((extension == 'k' || extension == 'u') && peek(1) == 's') {
        spec.conversion = Conversion::bare_text;
        rest_.remove_prefix(2);
        return ends_here() ? std::expected<void, int>{} : std::unexpected(-EINVAL);
    }
    switch (extension) {
        case 'K': break;
        case 'x': spec.conversion = Conversion::address; break;
        case 's':
        case 'S': spec.conversion = Conversion::symbol; break;
        case 'B': spec.conversion = Conversion::backtrace; break;
        default:
            if (const auto read = read_ip(spec); !read) return read;
    }
    // printk takes every letter and digit behind %p for part of the specifier.
    while (ctype::is_alnum(peek())) rest_.remove_prefix(1);
    return {};
}

std::expected<void, int> FormatReader::read_ip(Spec& spec) {
    const bool known = (peek() == 'i' || peek() == 'I') && (peek(1) == '4' || peek(1) == '6');
    if (!known) return std::unexpected(-EINVAL);
    spec.conversion = Conversion::ip;
    spec.letter = peek();
    spec.wide = peek(1) == '6';
    return {};
}

bool FormatReader::ends_here() const {
    return rest_.empty() || ctype::is_space(peek()) || ctype::is_punct(peek());
}

}  // namespace bpftwin
