// Types in C syntax: declarators from the inside out, bodies of aggregates with their layout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/btf.h"
#include "btf/c_layout.h"
#include "btf/c_names.h"

namespace bpftwin {

class CWriter {
public:
    /// Bodies are on lines of their own, with explicit padding, or all on one line without.
    enum class Style : std::uint8_t { lines, one_line };

    CWriter(const Btf& btf, Style style, std::size_t max_text)
        : btf_(btf),
          style_(style),
          max_text_(max_text),
          names_(btf, style == Style::lines),
          layout_(btf) {}

    /// A declaration of `name` without its semicolon.
    std::string declare(std::uint32_t id, std::string_view name) { return declare(id, name, 0); }
    /// A named struct, union, enum, typedef or int with what it is, without the semicolon; empty
    /// for what C knows by itself.
    std::string definition(std::uint32_t id);
    /// "struct foo".
    std::string tag(std::uint32_t id);
    CNames& names() { return names_; }

    /// A named struct or union that was written as a tag only.
    struct Mention {
        std::string tag;
        bool in_prototype;  ///< Where C would declare it for the prototype alone.
    };
    /// All since the last call.
    std::vector<Mention> take_mentions() { return std::exchange(mentions_, {}); }
    /// Whether the body of that type was written.
    [[nodiscard]] bool was_printed(std::uint32_t id) const { return printed_.contains(id); }
    /// Whether `max_text` is used up: what is left out is said in comments.
    [[nodiscard]] bool is_full() const { return spent_ > max_text_; }

private:
    std::string declare(std::uint32_t id, std::string_view name, unsigned indent);
    /// What a declaration begins with: a name, or an anonymous type in full.
    std::string base(std::uint32_t id, unsigned indent);
    std::string integer(std::uint32_t id);
    std::string mention(std::uint32_t id);
    std::string params(const BtfType& prototype);
    std::string aggregate(std::uint32_t id, std::string_view head, unsigned indent);
    std::string members(std::uint32_t id, bool packed, unsigned indent);
    std::string member(const BtfMember& member, unsigned indent);
    std::string enumeration(std::uint32_t id, std::string_view head, unsigned indent);
    /// Unnamed bit fields from one bit to another.
    std::string padding(std::uint64_t from, std::uint64_t to, unsigned indent);
    std::string hole(std::uint64_t bytes, unsigned indent);
    std::string line(unsigned indent, std::string_view text);
    [[nodiscard]] bool is_on_lines() const { return style_ == Style::lines && prototypes_ == 0; }

    const Btf& btf_;
    Style style_;
    std::size_t max_text_;
    CNames names_;
    CLayout layout_;
    std::unordered_set<std::uint32_t> printed_;
    std::vector<Mention> mentions_;
    std::size_t spent_ = 0;
    unsigned depth_ = 0;       ///< Of nested declarations.
    unsigned prototypes_ = 0;  ///< Parameter lists around what is being written.
    unsigned holes_ = 0;
};

}  // namespace bpftwin
