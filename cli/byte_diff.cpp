#include "cli/byte_diff.h"

#include <algorithm>

#include "cli/hex.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

constexpr std::size_t row_size = 16;

struct Renderer {
    std::string_view indent;
    Style style;
    std::string text;

    void add(char sign, ByteView bytes, std::size_t first) {
        std::string rows = hex_dump(bytes, fmt::format("{}{} ", indent, sign), first);
        while (!rows.empty()) {
            std::size_t end = rows.find('\n');
            std::string row = rows.substr(0, end);
            text += (sign == '-' ? style.bad(row) : style.good(row)) + '\n';
            rows.erase(0, end + 1);
        }
    }
};

void same_length(Renderer& out, ByteView before, ByteView after) {
    for (std::size_t at = 0; at < before.size(); at += row_size) {
        std::size_t size = std::min(row_size, before.size() - at);
        if (std::ranges::equal(before.subspan(at, size), after.subspan(at, size))) continue;
        out.add('-', before.subspan(at, size), at);
        out.add('+', after.subspan(at, size), at);
    }
}

void other_length(Renderer& out, ByteView before, ByteView after) {
    std::size_t shorter = std::min(before.size(), after.size());
    std::size_t prefix = 0;
    while (prefix < shorter && before[prefix] == after[prefix]) ++prefix;
    std::size_t suffix = 0;
    while (suffix < shorter - prefix &&
           before[before.size() - 1 - suffix] == after[after.size() - 1 - suffix]) {
        ++suffix;
    }
    out.add('-', before.subspan(prefix, before.size() - suffix - prefix), prefix);
    out.add('+', after.subspan(prefix, after.size() - suffix - prefix), prefix);
}

}  // namespace

std::string byte_diff(ByteView before, ByteView after, std::string_view indent, Style style) {
    Renderer out{indent, style, {}};
    if (before.size() == after.size()) {
        same_length(out, before, after);
    } else {
        other_length(out, before, after);
    }
    return std::move(out.text);
}

}  // namespace bpftwin::cli
