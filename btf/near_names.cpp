#include "btf/near_names.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <utility>

#include "fmt/ranges.h"

namespace bpftwin {
namespace {

/// Levenshtein distance, one row of the table at a time.
std::size_t edits_between(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

constexpr int most_edits = 2;

/// The characters of a name, by their low bits.
std::uint64_t characters_of(std::string_view name) {
    std::uint64_t set = 0;
    for (const char c : name) set |= std::uint64_t{1} << (static_cast<unsigned char>(c) & 63);
    return set;
}

/// Cheaper than to count edits, each of which brings or takes at most one character.
bool may_be_near(std::string_view a, std::string_view b) {
    const auto [shorter, longer] = std::minmax({a.size(), b.size()});
    if (longer - shorter > most_edits) return false;
    const std::uint64_t in_a = characters_of(a), in_b = characters_of(b);
    return std::popcount(in_a & ~in_b) <= most_edits && std::popcount(in_b & ~in_a) <= most_edits;
}

bool is_near(std::string_view a, std::string_view b) {
    if (a.contains(b) || b.contains(a)) return true;
    return may_be_near(a, b) && edits_between(a, b) <= most_edits;
}

}  // namespace

std::vector<std::string_view> near_names(std::string_view name,
                                         std::span<const std::string_view> known) {
    std::vector<std::string_view> near;
    std::ranges::copy_if(known, std::back_inserter(near),
                         [&](std::string_view other) { return is_near(name, other); });
    std::ranges::sort(near, {}, [&](std::string_view other) {
        return std::pair(edits_between(name, other), other);
    });
    return near;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
    constexpr std::size_t most = 3;
    std::vector<std::string_view> near = near_names(name, known);
    if (near.empty()) return {};
    near.resize(std::min(near.size(), most));
    return fmt::format("; did you mean {}?", fmt::join(near, ", "));
}

std::string suggestion(std::string_view name, std::span<const std::string_view> known,
                       std::string_view all, std::string_view none) {
    if (known.empty()) return std::string(none);
    const auto near = near_names(name, known);
    if (!near.empty()) return fmt::format("did you mean {}", fmt::join(near, ", "));
    return fmt::format("{} {}", all, fmt::join(known, ", "));
}

}  // namespace bpftwin
