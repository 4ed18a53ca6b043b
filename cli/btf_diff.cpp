// See btf_diff.h.
#include "cli/btf_diff.h"

#include <algorithm>
#include <cctype>

#include "cli/table.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

/// "struct", "func".
std::string kind_text(BtfKind kind) {
    std::string text(name_of(kind));
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// '+', '-' or '~'.
template <class Change>
char mark_of(const Change& change) {
    if (!change.before) return '+';
    return change.after ? '~' : '-';
}

std::string painted(char mark, const Style& style) {
    const std::string text(1, mark);
    if (mark == '+') return style.good(text);
    return mark == '-' ? style.bad(text) : style.name(text);
}

/// "8 -> 16", or what is there of both.
std::string from_to(const std::string& before, const std::string& after) {
    if (before.empty() || before == after) return after;
    return after.empty() ? before : before + " -> " + after;
}

/// A text about each side of a change; empty for one that is not there.
template <class Change, class Text>
std::string both_sides(const Change& change, Text text) {
    return from_to(change.before ? text(*change.before) : "",
                   change.after ? text(*change.after) : "");
}

std::string offset_text(const BtfPlace& place) {
    if (!place.is_bit_field) return fmt::format("{}", place.bit_offset / 8);
    return fmt::format("{}:{}", place.bit_offset / 8, place.bit_offset % 8);
}

std::string size_text(const BtfPlace& place) {
    return place.is_bit_field ? fmt::format("{} bits", place.bits)
                              : fmt::format("{}", place.bits / 8);
}

std::string type_text(const BtfMemberChange& change) {
    if (!change.is_retyped && change.after) return change.after->type;
    const std::string text = both_sides(change, [](const BtfPlace& place) { return place.type; });
    const bool looks_alike =
        change.before && change.after && change.before->type == change.after->type;
    return looks_alike ? text + " (of another layout)" : text;
}

bool only_moved(const BtfMemberChange& change) {
    return change.is_moved() && !change.is_resized() && !change.is_retyped &&
           change.before->is_bit_field == change.after->is_bit_field;
}

/// Bits by which a member that only moved did so; 0 for others.
std::int64_t shift_of(const BtfMemberChange& change) {
    if (!only_moved(change)) return 0;
    return static_cast<std::int64_t>(change.after->bit_offset - change.before->bit_offset);
}

/// How many of the first changes only moved, and all by as much.
std::size_t moved_alike(std::span<const BtfMemberChange> changes) {
    const std::int64_t shift = shift_of(changes.front());
    const auto other = std::ranges::find_if(
        changes, [&](const auto& change) { return shift_of(change) != shift; });
    return shift == 0 ? 1 : static_cast<std::size_t>(other - changes.begin());
}

void add_member(Table& table, const BtfMemberChange& change, const Style& style) {
    table.add({painted(mark_of(change), style), change.name, both_sides(change, offset_text),
               both_sides(change, size_text), type_text(change)});
}

void add_moved(Table& table, std::span<const BtfMemberChange> changes, const Style& style) {
    const std::int64_t bits = shift_of(changes.front());
    const std::string shift =
        bits % 8 == 0 ? fmt::format("{:+}", bits / 8) : fmt::format("{:+} bits", bits);
    table.add({painted('~', style),
               fmt::format("{} ... {}", changes.front().name, changes.back().name), shift, "",
               fmt::format("{} members moved", changes.size())});
}

std::string members_text(std::span<const BtfMemberChange> changes, const Style& style) {
    constexpr std::size_t least_shared = 3;
    Table table;
    if (!changes.empty()) table.add({" ", "member", "offset", "size", "type"});
    while (!changes.empty()) {
        const std::size_t count = moved_alike(changes);
        const bool shared = count >= least_shared;
        if (shared)
            add_moved(table, changes.first(count), style);
        else
            add_member(table, changes.front(), style);
        changes = changes.subspan(shared ? count : 1);
    }
    return table.text("    ");
}

std::string enumerators_text(std::span<const BtfEnumeratorChange> changes, const Style& style) {
    Table table;
    const auto same = [](const std::string& value) { return value; };
    for (const BtfEnumeratorChange& change : changes)
        table.add({painted(mark_of(change), style), change.name, both_sides(change, same)});
    return table.text("    ");
}

std::string declarations_text(const BtfTypeChange& change, const Style& style) {
    if (!change.is_retyped) return {};
    return fmt::format("    {}  {}\n    {}  {}\n", painted('-', style), change.before->declaration,
                       painted('+', style), change.after->declaration);
}

std::string size_of(const BtfTypeChange::Side& side) {
    return side.size ? fmt::format("{}", *side.size) : "";
}

std::string head_text(const BtfTypeChange& change, const Style& style) {
    const std::string sizes = both_sides(change, size_of);
    const bool is_whole = change.before && change.after;
    const auto& side = change.after ? change.after : change.before;
    const bool has_declaration = change.kind == BtfKind::func || change.kind == BtfKind::var ||
                                 change.kind == BtfKind::typedef_;
    const std::string what = has_declaration && !is_whole ? side->declaration : change.name;
    return fmt::format("{} {} {}{}\n", painted(mark_of(change), style), kind_text(change.kind),
                       style.bold(what), sizes.empty() ? "" : fmt::format(", {} bytes", sizes));
}

std::string summary(std::span<const BtfTypeChange> changes) {
    const auto count = [&](char mark) {
        return std::ranges::count_if(changes, [&](const auto& c) { return mark_of(c) == mark; });
    };
    return fmt::format("{} added, {} removed, {} changed\n", count('+'), count('-'), count('~'));
}

Json json_of(const BtfPlace& place) {
    return {{"type", place.type},
            {"bit_offset", place.bit_offset},
            {"bits", place.bits},
            {"bit_field", place.is_bit_field}};
}

Json json_of(const BtfTypeChange::Side& side) {
    return {{"size", side.size ? Json(*side.size) : Json()}, {"declaration", side.declaration}};
}

Json json_of(const std::string& value) { return value; }

/// A change of anything, with what is common to all.
template <class Change>
Json change_json(const Change& change) {
    return {{"name", change.name},
            {"before", change.before ? json_of(*change.before) : Json()},
            {"after", change.after ? json_of(*change.after) : Json()}};
}

template <class Changes>
Json list(const Changes& changes) {
    Json list = Json::array();
    for (const auto& change : changes) list.push_back(change_json(change));
    return list;
}

}  // namespace

std::string btf_changes_text(std::span<const BtfTypeChange> changes, const Style& style) {
    std::string text;
    for (const BtfTypeChange& change : changes)
        text += head_text(change, style) + members_text(change.members, style) +
                enumerators_text(change.enumerators, style) + declarations_text(change, style);
    return text + summary(changes);
}

Json btf_changes_json(std::span<const BtfTypeChange> changes) {
    Json all = Json::array();
    for (const BtfTypeChange& change : changes) {
        Json one = {{"kind", kind_text(change.kind)}};
        one.update(change_json(change));
        one["members"] = list(change.members);
        one["enumerators"] = list(change.enumerators);
        all.push_back(std::move(one));
    }
    return {{"changes", std::move(all)}};
}

}  // namespace bpftwin::cli
