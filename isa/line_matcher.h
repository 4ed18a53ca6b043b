// Reads one line of assembler text by the syntax of one row of the table.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "isa/assembler.h"
#include "isa/cursor.h"
#include "isa/encode.h"
#include "isa/syntax.h"

namespace bpftwin {

/// The furthest place that any row got to in a line, and what rows expected there.
struct Furthest {
    std::size_t position = 0;
    std::size_t begin = 0;  ///< Where the instruction begins.
    std::vector<std::string> expected;

    /// Adds what was expected at `at`, which is not before `position`.
    void note(std::size_t at, std::string what);
    /// `expected a number at "foo"`.
    [[nodiscard]] std::string describe(std::string_view line) const;
    /// What was expected; of many things only those that are not fixed words.
    [[nodiscard]] std::string summary() const;
};

/// What all rows tried on a line share.
struct MatchContext {
    const AssemblerNames& names;
    std::function<bool(std::string_view)> is_label;
    bool has_opcode;  ///< The line says its opcode, so a constant needs no "ll".
    Furthest furthest;
};

/// Fields of an instruction as read. A target that is a label stays to be resolved.
struct Matched {
    Operands operands;
    std::int32_t second = 0;  ///< `imm` of the second slot.
    std::string_view label;
};

/// One attempt of one row at one line.
class LineMatcher {
public:
    LineMatcher(Op op, Cursor cursor, MatchContext& context)
        : op_(op), cursor_(cursor), context_(context) {}

    /// Whether the rest of the line is an instruction of the row.
    bool match();
    [[nodiscard]] const Matched& matched() const { return matched_; }

private:
    bool expected(std::string_view what, std::string_view quote = "");
    bool literal(std::string_view text);
    bool slot(Slot slot);
    bool bind(Fields field, char letter, std::uint8_t& to);
    bool imm();
    bool hex();
    bool off();
    bool target(std::int64_t least, std::int64_t most);
    bool helper();
    bool kfunc();
    bool spaces();
    bool constant();
    bool map();
    bool value_offset();
    bool btf();
    bool set_imm(std::int64_t least, std::int64_t most, std::string_view what);
    bool id_after_name();
    std::optional<std::uint8_t> register_number(char letter);

    Op op_;
    Cursor cursor_;
    MatchContext& context_;
    Matched matched_;
    unsigned bound_ = no_field;  ///< Register fields read so far.
};

}  // namespace bpftwin
