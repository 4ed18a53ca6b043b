// bpf_strtol, bpf_strtoul, bpf_strncmp (kernel/bpf/helpers.c, lib/kstrtox.c).
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <expected>
#include <limits>
#include <string_view>

#include "helpers/calls.h"
#include "helpers/ctype.h"

namespace bpftwin::calls {
namespace {

/// A number as it was found in a text.
struct Parsed {
    std::uint64_t magnitude;
    bool negative;
    long consumed;  ///< Characters up to its end, spaces and sign included.
};

bool has_hex_prefix(std::string_view text) {
    return text.size() >= 2 && text[0] == '0' && ctype::to_lower(text[1]) == 'x';
}

unsigned implied_base(std::string_view text) {
    if (!text.starts_with('0')) return 10;
    const bool hex = has_hex_prefix(text) && text.size() >= 3 && ctype::digit_value(text[2]) < 16;
    return hex ? 16 : 8;
}

/// Reads digits from the front of `text`. @return how many; `overflow` tells a number too large.
std::size_t read_digits(std::string_view text, unsigned base, std::uint64_t& value,
                        bool& overflow) {
    std::size_t count = 0;
    for (; count < text.size() && ctype::digit_value(text[count]) < base; ++count) {
        std::uint64_t shifted = 0;
        overflow |= __builtin_mul_overflow(value, base, &shifted);
        overflow |= __builtin_add_overflow(shifted, ctype::digit_value(text[count]), &value);
    }
    return count;
}

void store(void* to, std::uint64_t value) { std::memcpy(to, &value, sizeof value); }

std::expected<Parsed, int> parse(std::string_view text, std::uint64_t flags) {
    constexpr std::size_t longest = 63;  // What the kernel copies before it parses.
    if (flags != 0 && flags != 8 && flags != 10 && flags != 16) return std::unexpected(-EINVAL);
    const auto first = std::ranges::find_if_not(text, ctype::is_space);
    std::size_t at = static_cast<std::size_t>(first - text.begin());
    Parsed parsed{.magnitude = 0, .negative = text.substr(at).starts_with('-'), .consumed = 0};
    if (parsed.negative) ++at;
    std::string_view number = text.substr(at, longest);
    number = number.substr(0, number.find('\0'));

    const unsigned base = flags != 0 ? static_cast<unsigned>(flags) : implied_base(number);
    const std::size_t prefix = base == 16 && has_hex_prefix(number) ? 2 : 0;
    bool overflow = false;
    const std::size_t digits = read_digits(number.substr(prefix), base, parsed.magnitude, overflow);
    if (overflow) return std::unexpected(-ERANGE);
    if (digits == 0) return std::unexpected(-EINVAL);
    parsed.consumed = static_cast<long>(at + prefix + digits);
    return parsed;
}

}  // namespace

long strtol(Runtime&, const char* text, std::uint32_t size, std::uint64_t flags, void* result) {
    store(result, 0);
    const auto parsed = parse({text, size}, flags);
    if (!parsed) return parsed.error();
    constexpr auto largest = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (parsed->magnitude > largest + (parsed->negative ? 1 : 0)) return -ERANGE;
    store(result, parsed->negative ? -parsed->magnitude : parsed->magnitude);
    return parsed->consumed;
}

long strtoul(Runtime&, const char* text, std::uint32_t size, std::uint64_t flags, void* result) {
    store(result, 0);
    const auto parsed = parse({text, size}, flags);
    if (!parsed) return parsed.error();
    if (parsed->negative) return -EINVAL;
    store(result, parsed->magnitude);
    return parsed->consumed;
}

int strncmp(Runtime&, const char* left, std::uint32_t size, const char* right) {
    for (std::uint32_t i = 0; i < size; ++i) {
        const auto a = static_cast<unsigned char>(left[i]);
        const auto b = static_cast<unsigned char>(right[i]);
        if (a != b) return a < b ? -1 : 1;
        if (a == 0) return 0;
    }
    return 0;
}

}  // namespace bpftwin::calls
