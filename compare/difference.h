// Whether two engines did the same: their results, field by field.
#pragma once

#include <optional>
#include <string>

#include "bpftwin/run.h"

namespace bpftwin::compare {

/// The first thing in which results of the same run on two engines differ, as one line: "packet:
/// byte 3 is 0x01, expected 0x00". Nothing where they agree. Time and counted instructions may
/// differ, and so may the order of a map's entries; of traps only the kind is compared.
std::optional<std::string> difference(const RunResult& expected, const RunResult& actual);

}  // namespace bpftwin::compare
