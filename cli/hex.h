// Bytes and integers as command lines write them, and bytes as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bpftwin/error.h"

namespace bpftwin::cli {

/// Pairs of hex digits; between pairs a space, ':', '-', '_' or line break may stand.
Result<Bytes> parse_hex(std::string_view text);

/// Decimal, 0x… or 0b…, with an optional '-' (two's complement in 64 bits).
Result<std::uint64_t> parse_integer(std::string_view text);

/// An integer as little-endian bytes. @return an Error if it does not fit into `size` (1 to 8).
Result<Bytes> integer_bytes(std::string_view text, std::size_t size);

/// "0a ff", with `separator` between bytes.
std::string hex(ByteView bytes, std::string_view separator = " ");

/// Rows of 16 bytes: offset, hex, printable characters; each row after `indent`, with line end.
/// @param first offset of the first byte, as printed.
std::string hex_dump(ByteView bytes, std::string_view indent, std::size_t first = 0);

/// `text` with `indent` before each line, ending with a line end.
std::string indented(std::string_view text, std::string_view indent);

/// Contents of a file, or of the bytes after "hex:".
Result<Bytes> read_bytes(const std::string& file_or_hex);

}  // namespace bpftwin::cli
