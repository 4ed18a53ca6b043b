// The suite's command: one Google Benchmark per program and a last one for the geometric means.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <regex>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/contest.h"
#include "fmt/format.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::bench;

/// Names of the counters of the last benchmark, and of the lines that the suite ends with.
constexpr const char* interpreter_ratio = "interp/native";
constexpr const char* checked_ratio = "checked/native";

struct Options {
    bool quick = false;
    std::string filter = ".*";
    std::string json;

    [[nodiscard]] int rounds() const { return quick ? 150 : 1000; }
};

using Measurements = std::vector<Measurement>;

double geometric_mean(const Measurements& all, Way way) {
    double sum = 0;
    for (const Measurement& one : all) sum += std::log(one.ratio[way]);
    return std::exp(sum / static_cast<double>(all.size()));
}

void measure(benchmark::State& state, const Program& program, Measurements& all) {
    auto contest = Contest::create(program);
    if (!contest) return state.SkipWithError(contest.error().message.c_str());
    for (auto _ : state) {
        const auto seconds = contest->round();
        if (!seconds) return state.SkipWithError(seconds.error().message.c_str());
        state.SetIterationTime(*seconds);
    }
    const Measurement& one = all.emplace_back(contest->measurement());
    state.counters["native_ns"] = one.ns[native];
    state.counters["interp_ns"] = one.ns[interpreter];
    state.counters["checked_ns"] = one.ns[checked];
    state.counters[interpreter_ratio] = one.ratio[interpreter];
    state.counters[checked_ratio] = one.ratio[checked];
}

void summarize(benchmark::State& state, const Measurements& all) {
    if (all.empty()) return state.SkipWithError("nothing was measured");
    for (auto _ : state) state.SetIterationTime(1e-9);
    state.counters[interpreter_ratio] = geometric_mean(all, interpreter);
    state.counters[checked_ratio] = geometric_mean(all, checked);
}

/// Prints one row per program as it is measured, and the means at the end.
class Table : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override {
        fmt::print("{:18} {:>11} {:>11} {:>11} {:>14} {:>15}\n", "program", "native ns",
                   "interp ns", "checked ns", interpreter_ratio, checked_ratio);
        return true;
    }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) report(run);
        std::fflush(stdout);
    }

    [[nodiscard]] bool failed() const { return failed_; }

private:
    void report(const Run& run) {
        const std::string name = run.run_name.function_name;
        const auto value = [&](const char* counter) { return run.counters.at(counter).value; };
        if (run.error_occurred) {
            failed_ = true;
            fmt::print("{:18} FAILED: {}\n", name, run.error_message);
        } else if (run.counters.contains("native_ns")) {
            fmt::print("{:18} {:11.0f} {:11.0f} {:11.0f} {:14.2f} {:15.2f}\n", name,
                       value("native_ns"), value("interp_ns"), value("checked_ns"),
                       value(interpreter_ratio), value(checked_ratio));
        } else {
            for (const char* counter : {interpreter_ratio, checked_ratio})
                fmt::print("{} {} {:.1f}\n", name, counter, value(counter));
        }
    }

    bool failed_ = false;
};

void add(const char* name, int rounds, const std::function<void(benchmark::State&)>& body) {
    benchmark::RegisterBenchmark(name, body)->UseManualTime()->Iterations(rounds);
}

void add_all(const Options& options, Measurements& all) {
    const std::regex wanted(options.filter);
    for (const Program& program : programs()) {
        if (!std::regex_search(program.name.begin(), program.name.end(), wanted)) continue;
        add(std::string(program.name).c_str(), options.rounds(),
            [&](benchmark::State& state) { measure(state, program, all); });
    }
    add("geomean", 1, [&](benchmark::State& state) { summarize(state, all); });
}

void initialize_library(const Options& options) {
    std::vector<std::string> words = {"bench"};
    if (!options.json.empty())
        words.insert(words.end(),
                     {"--benchmark_out=" + options.json, "--benchmark_out_format=json"});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
}

int run(const Options& options) {
    Measurements all;
    initialize_library(options);
    add_all(options, all);
    Table table;
    benchmark::RunSpecifiedBenchmarks(&table);
    return table.failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app(
        "Measures the interpreter against the same C source compiled natively.\n"
        "Example: bench/run --quick --filter 'hash|sort' --json result.json");
    app.add_flag("--quick", options.quick, "fewer rounds: the whole suite in less than 40 s");
    app.add_option("--filter", options.filter, "only programs that match this regular expression");
    app.add_option("--json", options.json, "also write the results to this file");
    CLI11_PARSE(app, argc, argv);
    try {
        return run(options);
    } catch (const std::regex_error& error) {
        fmt::print(stderr, "--filter {}: {}\n", options.filter, error.what());
        return 2;
    }
}
