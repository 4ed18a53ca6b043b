#include "cli/fail_each.h"

#include <vector>

#include "cli/json.h"
#include "cli/mocks.h"
#include "cli/table.h"
#include "fmt/format.h"
#include "helpers/prototype.h"
#include "vm/interceptor.h"

namespace bpftwin::cli {
namespace {

/// Runs of one command: beyond that a program is better asked about single functions (--fail).
constexpr std::uint64_t most_runs = 10'000;

/// What became of the run in which one call failed.
struct FailedRun {
    std::uint64_t call = 0;  ///< Among those that can fail, from 1.
    std::string function;
    std::uint64_t injected = 0;
    RunResult result;
};

bool can_fail(const std::string& function) {
    const Helper* helper = helper_named(function);
    const Callee callee = helper ? helper_callee(helper->id) : kfunc_callee(function);
    return callee.failure.has_value();
}

Result<RunResult> run_afresh(const RunPlan& plan, const RunInput& input, const MakeInstance& make) {
    auto instance = make();
    if (!instance) return std::unexpected(instance.error());
    return (*instance)->run(plan.program.name, input);
}

Result<FailedRun> run_with_fault(const RunPlan& plan, RunInput input, const MakeInstance& make,
                                 std::uint64_t call) {
    input.faults.push_back({.function = {}, .call = call});
    auto result = run_afresh(plan, input, make);
    if (!result) return std::unexpected(result.error());
    FailedRun run{call, {}, 0, std::move(*result)};
    std::uint64_t count = 0;
    for (const CallRecord& record : run.result.calls) {
        if (!can_fail(record.function) || ++count != call) continue;
        run.function = record.function;
        run.injected = record.result;
        break;
    }
    return run;
}

std::string outcome_of(const RunPlan& plan, const RunResult& result) {
    if (result.trap) return "TRAP " + result.trap->reason;
    return return_label(plan.program, result.return_value);
}

Json to_json(const RunPlan& plan, const FailedRun& run) {
    Json json = {{"call", run.call},
                 {"function", run.function},
                 {"injected", static_cast<std::int64_t>(run.injected)},
                 {"return", run.result.trap ? Json() : Json(run.result.return_value)},
                 {"label", outcome_of(plan, run.result)}};
    json["trap"] = run.result.trap ? Json(run.result.trap->describe()) : Json();
    return json;
}

void print_runs(const RunPlan& plan, const RunResult& first, const std::vector<FailedRun>& runs,
                bool json) {
    if (json) {
        Json list = Json::array();
        for (const FailedRun& run : runs) list.push_back(to_json(plan, run));
        print(json_text({{"program", plan.program.name},
                         {"without_fault", outcome_of(plan, first)},
                         {"calls_that_can_fail", first.calls_that_can_fail},
                         {"runs", list}}) +
              '\n');
        return;
    }
    print(fmt::format("{} ({}) returned {}; {} of its calls can fail\n", plan.program.name,
                      plan.program.section, outcome_of(plan, first), first.calls_that_can_fail));
    Table table;
    table.add({"call", "function", "fails with", "outcome"});
    for (const FailedRun& run : runs)
        table.add({fmt::format("#{}", run.call), run.function, result_text(run.injected),
                   outcome_of(plan, run.result)});
    if (!runs.empty()) print(table.text());
}

}  // namespace

Result<Exit> run_fail_each(const RunPlan& plan, RunInput input, const MakeInstance& make,
                           bool json) {
    input.want_calls = true;
    auto first = run_afresh(plan, input, make);
    if (!first) return std::unexpected(first.error());
    if (first->calls_that_can_fail > most_runs)
        return fail(fmt::format("--fail-each: {} calls can fail, more than {}; choose by --fail",
                                first->calls_that_can_fail, most_runs));
    bool trapped = first->trap.has_value();
    std::vector<FailedRun> runs;
    for (std::uint64_t call = 1; call <= first->calls_that_can_fail; ++call) {
        auto run = run_with_fault(plan, input, make, call);
        if (!run) return std::unexpected(run.error());
        trapped |= run->result.trap.has_value();
        runs.push_back(std::move(*run));
    }
    print_runs(plan, *first, runs, json);
    return trapped ? exit_finding : exit_fine;
}

}  // namespace bpftwin::cli
