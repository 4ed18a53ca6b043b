// What `bpftwin bench` says, as text or as JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/bench_program.h"
#include "cli/json.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// A program that was not measured.
struct Skipped {
    std::string program;
    std::string reason;
};

/// A heading, a row per engine, and what the marks in it mean.
std::string bench_text(const BenchPlan& plan, const ProgramBench& bench, Style style);

std::string skipped_text(const Skipped& skipped, Style style);

/// How everything was measured, in a few lines.
std::string method_text(const BenchPlan& plan);

/// The whole document.
Json bench_json(const BenchPlan& plan, const std::vector<ProgramBench>& programs,
                const std::vector<Skipped>& skipped);

}  // namespace bpftwin::cli
