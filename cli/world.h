// The world that programs see, from `--world` arguments.
#pragma once

#include <span>
#include <string>

#include "bpftwin/error.h"
#include "bpftwin/run.h"

namespace bpftwin::cli {

/// Applies arguments in order to the real world: "real", "fixed", "field=value" or a JSON file with
/// such fields (`{"base": "fixed", "pid": 7, "comm": "bash"}`).
Result<World> parse_world(std::span<const std::string> arguments);

/// Field names, for help and errors: "ktime_ns, pid, …".
std::string world_fields();

}  // namespace bpftwin::cli
