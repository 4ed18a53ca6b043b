// See names.h.
#include "btf/names.h"

#include <algorithm>
#include <array>

#include "bpftwin/error.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

using namespace btf_wire;

/// How far `c` is behind the last of `count` characters from `first`; 0: it is one of them.
constexpr std::uint8_t beyond(std::uint8_t c, char first, std::uint8_t count) {
    const auto last = static_cast<std::uint8_t>(count - 1);
    return static_cast<std::uint8_t>(std::max(static_cast<std::uint8_t>(c - first), last) - last);
}

/// 0 for the ASCII characters of identifiers. Told by minima, as compilers know how to find those
/// of many bytes at once.
constexpr std::uint8_t oddness(std::uint8_t c) {
    const std::uint8_t letter = beyond(c | 0x20, 'a', 26), digit = beyond(c, '0', 10);
    return std::min(std::min(letter, digit), std::min<std::uint8_t>(c ^ '_', c ^ '.'));
}

/// Characters of identifiers as the kernel sees them (isalnum of lib/ctype.c), by their unsigned
/// value: also the letters of Latin-1.
constexpr auto identifier_characters = [] {
    std::array<bool, 256> ok{};
    for (unsigned c = 0; c < 256; ++c)
        ok[c] = oddness(static_cast<std::uint8_t>(c)) == 0 || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
    return ok;
}();

bool is_plain(std::string_view block) {
    std::uint8_t oddest = 0, least = 255;
    for (const char character : block) {
        const auto c = static_cast<std::uint8_t>(character);
        oddest = std::max(oddest, std::min(oddness(c), c));
        least = std::min(least, c);
    }
    return oddest == 0 && least == 0;
}

bool is_identifier(std::string_view name) {
    return !name.empty() && begins_identifier(name.front()) && name.size() <= max_name_length &&
           std::ranges::all_of(name, [](unsigned char c) { return identifier_characters[c]; });
}

/// isprint of lib/ctype.c.
bool is_printable(char c) {
    return (c >= ' ' && c <= '~') || static_cast<unsigned char>(c) >= 0xa0;
}

bool is_section_name(std::string_view name) {
    return !name.empty() && name.size() <= max_name_length &&
           std::ranges::all_of(name, is_printable);
}

}  // namespace

PlainStrings::PlainStrings(std::string_view strings) {
    plain_.reserve(strings.size() / block_size + 2);
    for (std::string_view rest = strings; !rest.empty();) {
        const std::string_view block = rest.substr(0, block_size);
        plain_.push_back(static_cast<std::uint8_t>(is_plain(block)));
        rest.remove_prefix(block.size());
    }
    plain_.push_back(1);
}

bool follows(NameRule rule, std::uint32_t offset, std::string_view text) {
    switch (rule) {
        case NameRule::any: return true;
        case NameRule::none: return offset == 0;
        case NameRule::optional: return offset == 0 || is_identifier(text);
        case NameRule::identifier: return is_identifier(text);
        case NameRule::text: return !text.empty();
        case NameRule::section: return is_section_name(text);
    }
    bug("a name rule out of range");
}

std::string complaint(NameRule rule, std::string_view name) {
    if (rule == NameRule::none) return fmt::format("must have no name, but is called {:?}", name);
    if (name.empty()) return "must have a name";
    return fmt::format("name {:?} is not {}", name.substr(0, 80),
                       rule == NameRule::section ? "printable text of at most 511 characters"
                                                 : "an identifier of at most 511 characters");
}

}  // namespace bpftwin
