// What `bpftwin run` says about its runs, as text or as JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/run.h"
#include "bpftwin/spec.h"
#include "cli/events.h"
#include "cli/outcome.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// What is the same for all runs of one command.
struct RunPlan {
    const ObjectSpec& object;
    const ProgramSpec& program;
    std::string path;     ///< The object as it was given.
    std::string packets;  ///< Where packets come from; empty: nowhere.
    std::string_view engine;
    Safety safety;
    const Verdict* verdict;  ///< Of our verifier; null: it was not asked.
    EventTypes events;
    std::uint32_t repeat;
    bool many;           ///< More than one packet.
    bool time;           ///< Say how long it took.
    bool summary_only;   ///< With many packets: nothing about a single one unless it trapped.
    bool calls = false;  ///< Show calls of helpers and kernel functions.
};

/// Where text goes.
using Write = std::function<void(std::string_view)>;

class Report {
public:
    virtual ~Report() = default;
    virtual void begin() = 0;
    virtual void add(const Outcome& outcome) = 0;
    /// @param error why not all packets were run, or null.
    virtual void end(const std::vector<FinalMap>& maps, const Error* error) = 0;
};

/// @param plan must outlive the report. @param write gets the text, piece by piece.
std::unique_ptr<Report> text_report(const RunPlan& plan, Style style, Write write = print);
std::unique_ptr<Report> json_report(const RunPlan& plan);

/// "XDP_PASS", or the number where it has no name (small negative ones as such).
std::string return_label(const ProgramSpec& program, std::uint64_t value);

/// One field of a context struct that the program changed.
struct FieldChange {
    std::string_view name;
    std::uint64_t before;
    std::uint64_t after;
};
std::vector<FieldChange> changed_fields(ProgType type, ByteView before, ByteView after);

/// "device", "peer", …
std::string_view name_of(Redirect::Kind kind);

}  // namespace bpftwin::cli
