// A position in one line of assembler text, and the tokens that can be read there.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bpftwin {

/// An integer as written, before anyone says how many bits it has.
struct Number {
    bool negative = false;
    std::uint64_t magnitude = 0;

    /// The value if it lies in [least, most].
    [[nodiscard]] std::optional<std::int64_t> in_range(std::int64_t least, std::int64_t most) const;
    /// The low 64 bits: -1 is all ones. Nothing below the least signed 64-bit number.
    [[nodiscard]] std::optional<std::uint64_t> bits() const;
};

/// Reads tokens; blanks before a token are skipped. A failed read leaves the position alone.
class Cursor {
public:
    explicit Cursor(std::string_view line) : line_(line) {}

    [[nodiscard]] std::size_t position() const { return position_; }
    [[nodiscard]] std::string_view rest() const { return line_.substr(position_); }
    void move_to(std::size_t position) { position_ = position; }
    void skip_blanks();
    [[nodiscard]] bool at_end();

    /// Reads `token`, which may not go on as a longer word or operator.
    bool take(std::string_view token);
    /// Letters, digits, '_', '.', not beginning with a digit; empty if there is none.
    std::string_view take_name();
    /// Decimal or 0x…, perhaps with a sign directly before it.
    std::optional<Number> take_number();
    /// As `take_number`, but the sign is required and blanks may follow it.
    std::optional<Number> take_signed();

private:
    std::optional<Number> digits(bool negative);

    std::string_view line_;
    std::size_t position_ = 0;
};

/// Whether `c` may stand in a name.
bool is_name_char(char c);

}  // namespace bpftwin
