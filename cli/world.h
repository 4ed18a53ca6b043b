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

/// The same in all that engines share, different in what they do not: clock and chance, and where
/// the caller wants a world that no kernel has, the task as well.
World other_world(World world, bool invented);

/// Field names, for help and errors: "ktime_ns, pid, …".
std::string world_fields();

}  // namespace bpftwin::cli
