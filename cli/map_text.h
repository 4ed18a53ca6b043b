// Contents of maps as text.
#pragma once

#include <string>

#include "cli/report.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// A heading and one line per entry. Entries of arrays that are all zero are only counted, as are
/// zero values of per-CPU maps. Empty for read-only data and for maps that hold no entries ever.
std::string map_text(const ObjectSpec& object, const FinalMap& map, Style style);

}  // namespace bpftwin::cli
