// Bytes written in base 16: "00 1f ff", blanks anywhere between bytes.
#pragma once

#include <string_view>

#include "bpftwin/error.h"

namespace bpftwin::conformance {

/// @return the bytes, or an Error that names the first text that is not a byte.
Result<Bytes> parse_hex(std::string_view text);

}  // namespace bpftwin::conformance
