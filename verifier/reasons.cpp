// The table of kinds of rejections, and the kind that a line is of.
#include <algorithm>
#include <array>
#include <vector>

#include "bpftwin/explain.h"

namespace bpftwin {
namespace {

/// A row of verifier/reasons.def: a kind, or with an empty code a text of the kind before it.
struct Row {
    std::string_view code, plain, change;
};

constexpr Row rows[] = {
#define REASON(code, plain, change) {code, plain, change},
#define MATCH(text) {{}, text, {}},
#include "verifier/reasons.def"
};

constexpr auto texts = [] {
    std::array<std::string_view, std::size(rows)> list;
    for (std::size_t i = 0; i < list.size(); ++i) list[i] = rows[i].plain;
    return list;
}();

std::vector<ReasonKind> make_kinds() {
    std::vector<ReasonKind> kinds;
    for (std::size_t i = 0; i < std::size(rows);) {
        const Row& row = rows[i++];
        const std::size_t first = i;
        while (i < std::size(rows) && rows[i].code.empty()) ++i;
        kinds.push_back(
            {row.code, row.plain, row.change, std::span(texts).subspan(first, i - first)});
    }
    return kinds;
}

/// Whether the text is the pattern's, in which * stands for anything.
bool matches(std::string_view pattern, std::string_view text) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    text.remove_prefix(star);
    pattern.remove_prefix(star + 1);
    if (pattern.empty()) return true;
    for (; !text.empty(); text.remove_prefix(1))
        if (matches(pattern, text)) return true;
    return matches(pattern, text);
}

}  // namespace

std::span<const ReasonKind> reason_kinds() {
    static const std::vector<ReasonKind> kinds = make_kinds();
    return kinds;
}

const ReasonKind& kind_of_reason(std::string_view reason) {
    const auto kinds = reason_kinds();
    const auto found = std::ranges::find_if(kinds, [&](const ReasonKind& kind) {
        return std::ranges::any_of(kind.texts,
                                   [&](std::string_view text) { return matches(text, reason); });
    });
    return found == kinds.end() ? kinds.back() : *found;
}

}  // namespace bpftwin
