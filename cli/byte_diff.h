// Two byte strings side by side, for people.
#pragma once

#include <string>
#include <string_view>

#include "bpftwin/error.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// Hex rows that differ, "-" before and "+" after. Of strings of different length the part that
/// was taken out and the part that came in.
std::string byte_diff(ByteView before, ByteView after, std::string_view indent, Style style);

}  // namespace bpftwin::cli
