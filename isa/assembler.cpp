// Tries the rows of the table on each line; isa/line_matcher.h reads one row's syntax.
#include "isa/assembler.h"

#include <cerrno>
#include <charconv>
#include <map>

#include "fmt/format.h"
#include "isa/encode.h"
#include "isa/line_matcher.h"

namespace bpftwin {
namespace {

struct SourceText {
    std::size_t number;  ///< Counted from 1.
    std::string_view text;
};

struct Label {
    std::size_t line;
    std::optional<std::size_t> pc;  ///< Set when its instruction is reached.
};

/// An instruction whose target is a label.
struct Reference {
    std::size_t pc;
    Op op;
    std::string_view label;
    SourceText line;
};

std::unexpected<Error> fail_at(const SourceText& line, std::string_view what) {
    return fail(fmt::format("line {}: \"{}\": {}", line.number, line.text, what), EINVAL);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view without_comment(std::string_view line) {
    line = trimmed(line);
    if (line.starts_with('#')) return {};
    line = line.substr(0, line.find(';'));
    return trimmed(line.substr(0, line.find("//")));
}

std::vector<SourceText> lines_of(std::string_view text) {
    std::vector<SourceText> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto length = text.find('\n');
        auto line = without_comment(text.substr(0, length));
        if (!line.empty()) lines.push_back({number, line});
        text.remove_prefix(length == text.npos ? text.size() : length + 1);
    }
    return lines;
}

/// Reads "name:" at the cursor; empty if there is no label.
std::string_view take_label(Cursor& cursor) {
    auto start = cursor.position();
    auto name = cursor.take_name();
    if (!name.empty() && cursor.take(":")) return name;
    cursor.move_to(start);
    return {};
}

/// Skips "12:", the index that listings have.
void skip_index(Cursor& cursor) {
    auto start = cursor.position();
    auto number = cursor.take_number();
    if (!number || number->negative || !cursor.take(":")) cursor.move_to(start);
}

/// Reads "(b7)", an opcode.
std::optional<std::uint8_t> take_opcode(Cursor& cursor) {
    cursor.skip_blanks();
    auto text = cursor.rest();
    if (text.size() < 4 || text[0] != '(' || text[3] != ')') return std::nullopt;
    std::uint8_t code = 0;
    auto [end, error] = std::from_chars(&text[1], &text[3], code, 16);
    if (error != std::errc() || end != &text[3]) return std::nullopt;
    cursor.move_to(cursor.position() + 4);
    cursor.skip_blanks();
    return code;
}

class Assembler {
public:
    explicit Assembler(const AssemblerNames& names) : names_(names) {}

    Result<std::vector<Insn>> run(std::string_view text) {
        auto lines = lines_of(text);
        if (auto done = collect_labels(lines); !done) return std::unexpected(done.error());
        for (const auto& line : lines)
            if (auto done = read(line); !done) return std::unexpected(done.error());
        for (const auto& reference : references_)
            if (auto done = resolve(reference); !done) return std::unexpected(done.error());
        return std::move(program_);
    }

private:
    Result<void> collect_labels(const std::vector<SourceText>& lines) {
        for (const auto& line : lines) {
            Cursor cursor(line.text);
            for (auto name = take_label(cursor); !name.empty(); name = take_label(cursor)) {
                auto [at, is_new] = labels_.try_emplace(name, Label{line.number, std::nullopt});
                if (!is_new)
                    return fail_at(line, fmt::format("label {} is already defined in line {}", name,
                                                     at->second.line));
            }
        }
        return {};
    }

    Result<void> read(const SourceText& line) {
        Cursor cursor(line.text);
        for (auto name = take_label(cursor); !name.empty(); name = take_label(cursor))
            labels_.find(name)->second.pc = program_.size();
        skip_index(cursor);
        if (cursor.at_end()) return {};
        auto opcode = take_opcode(cursor);
        return read_insn(line, cursor, opcode);
    }

    Result<void> read_insn(const SourceText& line, Cursor cursor,
                           std::optional<std::uint8_t> opcode) {
        auto begin = cursor.position();
        MatchContext context{names_,
                             [this](auto name) { return labels_.contains(name); },
                             opcode.has_value(),
                             {begin, begin, {}}};
        bool known = false;
        for (const auto& row : op_table) {
            if (opcode && row.code != *opcode) continue;
            known = true;
            LineMatcher matcher(row.op, cursor, context);
            if (matcher.match()) return add(line, row.op, matcher.matched());
        }
        if (!known) return fail_at(line, fmt::format("unknown opcode {:02x}", *opcode));
        return fail_at(line, context.furthest.describe(line.text));
    }

    Result<void> add(const SourceText& line, Op op, const Matched& matched) {
        if (!matched.label.empty())
            references_.push_back({program_.size(), op, matched.label, line});
        program_.push_back(insn(op, matched.operands));
        if (slots(op) == 2) program_.push_back(second_slot(matched.second));
        return {};
    }

    Result<void> resolve(const Reference& reference) {
        auto target = *labels_.find(reference.label)->second.pc;
        auto distance =
            static_cast<std::int64_t>(target) - static_cast<std::int64_t>(reference.pc) - 1;
        if (aim(program_[reference.pc], reference.op, distance)) return {};
        return fail_at(reference.line, fmt::format("label {} is {} instructions away, too far",
                                                   reference.label, distance));
    }

    const AssemblerNames& names_;
    std::vector<Insn> program_;
    std::map<std::string_view, Label> labels_;
    std::vector<Reference> references_;
};

}  // namespace

Result<std::vector<Insn>> assemble(std::string_view text, const AssemblerNames& names) {
    return Assembler(names).run(text);
}

}  // namespace bpftwin
