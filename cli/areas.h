// The memory of the world's task, as JSON describes it.
#pragma once

#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/run.h"
#include "nlohmann/json_fwd.hpp"

namespace bpftwin::cli {

/// Reads a list of areas:
/// [{"start": "0x400000", "end": "0x401000", "flags": "r-xp", "file": "/usr/bin/cat"}].
/// @return them by address, or an Error that names the element and its field.
Result<std::vector<MemoryArea>> parse_areas(const nlohmann::json& json);

}  // namespace bpftwin::cli
