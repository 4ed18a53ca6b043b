// Format strings of bpf_trace_printk, bpf_trace_vprintk and bpf_snprintf, taken apart: the subset
// of printk's specifiers that the kernel's bpf_bprintf_prepare (kernel/bpf/helpers.c) lets through.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace bpftwin {

/// How an argument is stored and printed.
enum class Conversion : std::uint8_t {
    integer,    ///< d i u x X, with l or ll for 64 bits.
    character,  ///< c.
    text,       ///< s: the address of a string.
    bare_text,  ///< pks, pus: likewise, printed without field width.
    pointer,    ///< p, pK: hashed.
    address,    ///< px: as it is.
    symbol,     ///< ps, pS: a kernel symbol.
    backtrace,  ///< pB: likewise, printed without field width.
    ip,         ///< pi4, pI4, pi6, pI6: the address of an IP address, printed without field width.
};

/// Text of the format up to a specifier, and the specifier.
struct FormatPiece {
    struct Spec {
        Conversion conversion = Conversion::integer;
        char letter = 0;        ///< Conversion::integer: the letter; Conversion::ip: i or I.
        bool wide = false;      ///< Conversion::integer: 64 bits; Conversion::ip: IPv6.
        bool left = false;      ///< Flag "-".
        bool plus = false;      ///< Flag "+".
        bool space = false;     ///< Flag " ".
        bool zero_pad = false;  ///< Flag "0".
        std::int32_t width = -1;
    };

    std::string_view text;
    bool percent = false;  ///< A "%%" follows the text.
    std::optional<Spec> spec;
};

/// Reads a format from left to right.
class FormatReader {
public:
    explicit FormatReader(std::string_view format) : rest_(format) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    /// The next piece.
    /// @param may_convert whether an argument is left for a specifier.
    /// @return -EINVAL for what the kernel refuses.
    std::expected<FormatPiece, int> next(bool may_convert);

private:
    std::expected<FormatPiece::Spec, int> read_spec();
    void read_flags(FormatPiece::Spec& spec);
    void read_width(FormatPiece::Spec& spec);
    std::expected<void, int> read_conversion(FormatPiece::Spec& spec);
    std::expected<void, int> read_pointer(FormatPiece::Spec& spec);
    std::expected<void, int> read_ip(FormatPiece::Spec& spec);
    std::expected<void, int> read_integer(FormatPiece::Spec& spec);
    [[nodiscard]] bool ends_here() const;
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return ahead < rest_.size() ? rest_[ahead] : '\0';
    }

    std::string_view rest_;
};

}  // namespace bpftwin
