#include "cli/hex.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>

#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

constexpr std::string_view separators = " :-_\t\r\n";
constexpr std::size_t row_size = 16;

bool is_separator(char c) { return separators.contains(c); }

std::optional<unsigned> hex_digit(char c) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(&c, &c + 1, value, 16);
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

struct Number {
    std::uint64_t magnitude;
    bool negative;
};

int strip_base(std::string_view& digits) {
    if (digits.size() < 3 || digits[0] != '0') return 10;
    int base = digits[1] == 'x' || digits[1] == 'X' ? 16 : digits[1] == 'b' ? 2 : 10;
    if (base != 10) digits.remove_prefix(2);
    return base;
}

Result<Number> parse_number(std::string_view text) {
    std::string_view digits = text;
    bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    int base = strip_base(digits);
    Number number{0, negative};
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number.magnitude, base);
    if (error == std::errc::result_out_of_range) {
        return fail(fmt::format("'{}' does not fit into 64 bits", text));
    }
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return fail(fmt::format("'{}' is not an integer", text));
    }
    return number;
}

bool fits(const Number& number, std::size_t size) {
    if (number.negative) return number.magnitude <= std::uint64_t{1} << (8 * size - 1);
    return size == 8 || number.magnitude >> (8 * size) == 0;
}

std::uint64_t twos_complement(const Number& number) {
    return number.negative ? -number.magnitude : number.magnitude;
}

char printable(std::byte b) {
    auto c = static_cast<char>(b);
    return c >= ' ' && c <= '~' ? c : '.';
}

std::string dump_row(ByteView row, std::size_t offset) {
    std::string characters;
    std::ranges::transform(row, std::back_inserter(characters), printable);
    return fmt::format("{:04x}  {:<47}  {}\n", offset, hex(row), characters);
}

}  // namespace

Result<Bytes> parse_hex(std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i < text.size();) {
        if (is_separator(text[i])) {
            ++i;
            continue;
        }
        auto high = hex_digit(text[i]);
        auto low = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        if (!high) return fail(fmt::format("'{}' at {} is not a hex digit", text[i], i));
        if (!low) return fail(fmt::format("the hex digit at {} lacks its second half", i));
        bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
        i += 2;
    }
    return bytes;
}

Result<std::uint64_t> parse_integer(std::string_view text) {
    auto number = parse_number(text);
    if (!number) return std::unexpected(number.error());
    if (!fits(*number, 8)) return fail(fmt::format("'{}' does not fit into 64 bits", text));
    return twos_complement(*number);
}

Result<Bytes> integer_bytes(std::string_view text, std::size_t size) {
    auto number = parse_number(text);
    if (!number) return std::unexpected(number.error());
    if (!fits(*number, size)) {
        return fail(
            fmt::format("{} does not fit into {} byte{}", text, size, size == 1 ? "" : "s"));
    }
    std::uint64_t value = twos_complement(*number);
    Bytes bytes(size);
    std::memcpy(bytes.data(), &value, size);
    return bytes;
}

std::string hex(ByteView bytes, std::string_view separator) {
    std::string text;
    for (std::byte b : bytes) {
        if (!text.empty()) text += separator;
        fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(b));
    }
    return text;
}

std::string hex_dump(ByteView bytes, std::string_view indent, std::size_t first) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += row_size) {
        ByteView row = bytes.subspan(at, std::min(row_size, bytes.size() - at));
        text += indent;
        text += dump_row(row, first + at);
    }
    return text;
}

std::string indented(std::string_view text, std::string_view indent) {
    std::string result;
    while (!text.empty()) {
        std::size_t end = std::min(text.find('\n'), text.size());
        result += indent;
        result += text.substr(0, end);
        result += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

Result<Bytes> read_bytes(const std::string& file_or_hex) {
    constexpr std::string_view prefix = "hex:";
    if (file_or_hex.starts_with(prefix)) return parse_hex(file_or_hex.substr(prefix.size()));
    std::unique_ptr<std::FILE, CloseFile> file(std::fopen(file_or_hex.c_str(), "rb"));
    Bytes contents;
    std::array<std::byte, 16384> piece;
    while (std::size_t got = file ? std::fread(piece.data(), 1, piece.size(), file.get()) : 0) {
        contents.insert(contents.end(), piece.begin(), piece.begin() + got);
    }
    if (file && std::ferror(file.get()) == 0) return contents;
    return fail(fmt::format("cannot read {}: {}", file_or_hex, std::strerror(errno)));
}

}  // namespace bpftwin::cli
