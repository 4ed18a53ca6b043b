// What `bpftwin diff` says: where engines agree, where not, and what cannot be compared.
#pragma once

#include <array>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "bpftwin/spec.h"
#include "cli/comparison.h"
#include "cli/events.h"
#include "cli/json.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// An engine as a column of the table.
struct DiffEngine {
    std::string name;
    std::string verdict = "-";  ///< "accepted"; "-" for engines that have no verifier.
    std::string absent = {};    ///< Why it takes no part, or empty.
};

struct DiffPlan {
    const ObjectSpec& object;
    const ProgramSpec& program;
    std::string path;
    EventTypes events;
    std::vector<DiffEngine> engines;
};

/// How often an engine agreed with the first one about a field.
struct Tally {
    std::uint64_t different = 0, not_comparable = 0, runs = 0;
};

/// Sums over all runs, for the table.
class DiffSums {
public:
    explicit DiffSums(std::size_t engines) : by_engine_(engines) {}
    void add(const ComparedRun& run);
    [[nodiscard]] const Tally& of(std::size_t engine, compare::Field field) const {
        return by_engine_[engine][static_cast<std::size_t>(field)];
    }
    [[nodiscard]] std::uint64_t runs() const { return runs_; }
    [[nodiscard]] bool any_different() const;
    /// What was not compared, each reason once, with the engine.
    [[nodiscard]] const std::map<std::string, std::uint64_t>& reasons() const { return reasons_; }

private:
    std::vector<std::array<Tally, std::size(compare::all_fields)>> by_engine_;
    std::map<std::string, std::uint64_t> reasons_;
    std::uint64_t runs_ = 0;
};

/// The table over all runs.
std::string diff_table(const DiffPlan& plan, const DiffSums& sums, const RunResult& last,
                       Style style);
/// The differences of one run, with the bytes of both; empty where there are none.
std::string differences_text(const DiffPlan& plan, const ComparedRun& run, Style style);
/// The differences and what was not compared of one run, as JSON.
Json diff_json(const DiffPlan& plan, const ComparedRun& run);

}  // namespace bpftwin::cli
