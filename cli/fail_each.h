// `bpftwin run --fail-each`: one run for each call that can fail, in which that call fails.
#pragma once

#include <functional>
#include <memory>

#include "bpftwin/engine.h"
#include "cli/command.h"
#include "cli/report.h"

namespace bpftwin::cli {

/// Makes an instance with its maps as they are before the first run.
using MakeInstance = std::function<Result<std::unique_ptr<Instance>>()>;

/// Runs the program without a fault to see what can fail, then once per such call, and prints a
/// table (or JSON) of what became of each run.
/// @return a finding where a run was stopped.
Result<Exit> run_fail_each(const RunPlan& plan, RunInput input, const MakeInstance& make,
                           bool json);

}  // namespace bpftwin::cli
