#include "vm/object_path.h"

#include <algorithm>
#include <charconv>

#include "btf/near_names.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view take_word(std::string_view& text) {
    const auto end = std::ranges::find_if_not(text, is_word);
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(word.size());
    return word;
}

std::unexpected<Error> not_understood(std::string_view what, std::string_view rest) {
    return fail(fmt::format("expected {}, found '{}'", what, rest.empty() ? "the end" : rest),
                EINVAL);
}

Result<PathStep> take_element(std::string_view& text) {
    text.remove_prefix(1);
    std::uint64_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    const auto used = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || used == text.size() || text[used] != ']')
        return not_understood("a number and ']'", text);
    text.remove_prefix(used + 1);
    return PathStep{PathStep::Kind::element, {}, index};
}

Result<PathStep> take_step(std::string_view& text) {
    if (text.front() == '[') return take_element(text);
    const bool arrow = text.starts_with("->");
    if (!arrow && text.front() != '.' && text.front() != ':')
        return not_understood("'.', '[' or ':'", text);
    const auto kind = text.front() == ':' ? PathStep::Kind::cast : PathStep::Kind::member;
    text.remove_prefix(arrow ? 2 : 1);
    const std::string_view name = take_word(text);
    if (name.empty()) return not_understood("a name", text);
    return PathStep{kind, name};
}

constexpr int max_nesting = 16;

std::optional<FoundMember> find(const Btf& btf, const BtfType& type, std::string_view name,
                                int depth) {
    for (const BtfMember& member : btf.members(type)) {
        if (member.name == name)
            return FoundMember{member.type, member.bit_offset, member.bitfield_size};
        const BtfType& inner = btf.type(btf.resolve(member.type));
        if (!member.name.empty() || !is_aggregate(inner.kind) || depth == max_nesting) continue;
        if (auto found = find(btf, inner, name, depth + 1)) {
            found->bit += member.bit_offset;
            return found;
        }
    }
    return std::nullopt;
}

void collect_names(const Btf& btf, const BtfType& type, std::vector<std::string_view>& names,
                   int depth) {
    for (const BtfMember& member : btf.members(type)) {
        const BtfType& inner = btf.type(btf.resolve(member.type));
        if (!member.name.empty())
            names.push_back(member.name);
        else if (is_aggregate(inner.kind) && depth < max_nesting)
            collect_names(btf, inner, names, depth + 1);
    }
}

}  // namespace

Result<ObjectPath> parse_object_path(std::string_view text) {
    ObjectPath path;
    path.root = take_word(text);
    if (path.root.empty()) return not_understood("a name", text);
    while (!text.empty()) {
        auto step = take_step(text);
        if (!step) return std::unexpected(step.error());
        path.steps.push_back(*step);
    }
    return path;
}

std::optional<FoundMember> member_named(const Btf& btf, const BtfType& type,
                                        std::string_view name) {
    if (name.empty()) return std::nullopt;
    return find(btf, type, name, 0);
}

std::string suggest_member(const Btf& btf, const BtfType& type, std::string_view name) {
    std::vector<std::string_view> names;
    collect_names(btf, type, names, 0);
    return did_you_mean(name, names);
}

}  // namespace bpftwin
