// One program on several engines: results first, then time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bpftwin/engine.h"
#include "cli/clearance.h"
#include "cli/object.h"
#include "cli/settings.h"
#include "compare/engines.h"
#include "compare/sampler.h"

namespace bpftwin::cli {

/// What is the same for all programs of one `bpftwin bench`.
struct BenchPlan {
    ReadyObject ready;
    TrustArguments trust;
    std::string path;                           ///< The object as it was given.
    RunInput input;                             ///< Without packet.
    std::vector<std::optional<Bytes>> packets;  ///< Rounds take them in turn; at least one.
    std::vector<Setting> settings;              ///< For maps, before the first run.
    std::vector<compare::Contender> engines;
    EngineOptions options;
    compare::Effort effort;
    std::optional<unsigned> pinned;  ///< The CPU that all runs happen on.
    double clock_ns = 0;             ///< compare::clock_resolution_ns().
};

/// What one engine did with a program.
struct EngineBench {
    std::string_view engine;
    std::string refused;  ///< Why it cannot run the program; else empty, and all below is known.
    CodeInfo code;        ///< Compile time: median of several.
    std::uint64_t insns = 0;  ///< Per run, mean over packets; 0: not counted.
    compare::Measurement time;
    double entry_ns = 0;  ///< Median per run of an empty program of the same type and input.

    /// Whether entering the program is so large a part of a run that the ratio is about it too.
    [[nodiscard]] bool is_short_run() const { return entry_ns > time.ns.median / 4; }
    /// Whether the clock is too coarse for a whole sample.
    [[nodiscard]] bool is_short_sample(double clock_ns) const {
        return time.sample_ns() < 100 * clock_ns;
    }
};

struct ProgramBench {
    const ProgramSpec* program = nullptr;
    /// Why it was not timed: it is not accepted, an engine differs from the checked interpreter, or
    /// it traps.
    std::string finding;
    std::vector<EngineBench> engines;  ///< In the plan's order; empty with a finding.
    std::size_t rounds = 0;
};

/// Runs the program on every engine and compares; if all agree, samples. The reference is a checked
/// interpreter, so that a program which goes wrong is found before an engine without checks runs
/// it.
/// @param go_on as in `compare::Sampler::run`.
/// @return an Error for an input that does not fit or a program that no engine can run.
Result<ProgramBench> bench_program(const BenchPlan& plan, const ProgramSpec& program,
                                   const std::function<bool(double)>& go_on);

}  // namespace bpftwin::cli
