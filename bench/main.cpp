// The suite's command: measures phase by phase, prints rows as it goes and writes reports.
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "bench/report.h"
#include "cli/options.h"
#include "compare/timing.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::bench;

struct Options {
    bool quick = false;
    bool budget = false;
    std::string filter = ".*";
    std::vector<std::string> engines = compare::contender_names();
    std::vector<std::string> phases = {"run", "kernel", "maps", "compile", "size", "btf"};
    std::string json;
    std::string html;

    [[nodiscard]] bool wants(std::string_view phase) const {
        return std::ranges::find(phases, phase) != phases.end();
    }
};

class Suite {
public:
    Suite(const Options& options, std::vector<compare::Contender> engines)
        : options_(options), wanted_(options.filter) {
        plan_ = {std::move(engines), {.metered = options.budget}, options.quick};
        results_.machine = this_machine();
        results_.engines = options.engines;
        results_.quick = options.quick;
    }

    const Results& run() {
        const compare::Pin pin;
        if (options_.wants("run")) run_phase();
        if (options_.wants("kernel")) kernel_phase();
        if (options_.wants("maps")) maps_phase();
        if (options_.wants("compile")) compile_phase();
        if (options_.wants("size")) size_phase();
        if (options_.wants("btf")) btf_phase();
        show(summary_text(results_));
        return results_;
    }

private:
    void run_phase() {
        show(run_heading(results_));
        for (const Program& program : wanted_programs())
            keep(program.name, measure_run(program, plan_), results_.run, run_text);
        show("\n");
    }

    /// Calls `measure(kernel, jit)` where there is a kernel.
    template <class Measure>
    void against_kernel(Measure measure) {
        const auto kernel = compare::make_engine("kernel");
        const auto jit = compare::make_engine("jit");
        if (!kernel || !jit) {
            results_.no_kernel = (kernel ? jit : kernel).error().message;
            return show(fmt::format("not compared with a kernel: {}\n\n", results_.no_kernel));
        }
        measure(**kernel, **jit);
        show("\n");
    }

    void kernel_phase() {
        against_kernel([this](Engine& kernel, Engine& jit) {
            show(kernel_heading());
            for (const Program& program : wanted_programs())
                keep(program.name, measure_kernel(program, kernel, jit, options_.quick),
                     results_.kernel, kernel_text);
        });
    }

    void maps_phase() {
        against_kernel([this](Engine& kernel, Engine& jit) {
            show(maps_heading());
            for (const MapBench& bench : map_benches())
                if (std::regex_search(bench.program.begin(), bench.program.end(), wanted_))
                    keep(bench.program, measure_map(bench, kernel, jit, options_.quick),
                         results_.maps, maps_text);
        });
    }

    void compile_phase() {
        show(compile_heading(results_));
        for (const Program& program : wanted_programs())
            keep(program.name, measure_compile(program, plan_), results_.compile, compile_text);
        show("\n");
    }

    void size_phase() {
        show(size_heading(results_));
        for (const std::size_t insns : sizes())
            keep("synthetic", measure_size(insns, plan_), results_.size, size_text);
        show("\n");
    }

    void btf_phase() {
        constexpr const char* types = "/sys/kernel/btf/vmlinux";
        if (!std::filesystem::exists(types))
            return show(fmt::format("no types: {} is not there\n\n", types));
        show(btf_heading());
        keep("types", measure_btf(types, options_.quick), results_.btf, btf_text);
        show("\n");
    }

    template <class Row>
    void keep(std::string_view what, Result<Row> row, std::vector<Row>& rows,
              std::string (*text)(const Row&)) {
        if (!row) {
            results_.failures.push_back({std::string(what), row.error().message});
            return show(fmt::format("{:18} FAILED: {}\n", what, row.error().message));
        }
        show(text(*row));
        rows.push_back(std::move(*row));
    }

    static void show(const std::string& text) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    }

    [[nodiscard]] std::vector<Program> wanted_programs() const {
        std::vector<Program> wanted;
        for (const Program& program : programs())
            if (std::regex_search(program.name.begin(), program.name.end(), wanted_))
                wanted.push_back(program);
        return wanted;
    }

    const Options& options_;
    std::regex wanted_;
    Plan plan_;
    Results results_;
};

Result<void> write(const std::string& path, const std::string& text) {
    if (path.empty()) return {};
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    return file ? Result<void>() : fail("cannot write " + path);
}

Result<int> run(const Options& options) {
    auto engines = compare::make_contenders(options.engines);
    if (!engines) return std::unexpected(engines.error().in("--engines"));
    const Results results = Suite(options, std::move(*engines)).run();
    for (const auto& written :
         {write(options.json, json_text(results)), write(options.html, html_text(results))})
        if (!written) return std::unexpected(written.error());
    const bool empty = results.run.empty() && results.kernel.empty() && results.maps.empty() &&
                       results.compile.empty() && results.size.empty() && results.btf.empty();
    if (empty && results.failures.empty() && results.no_kernel.empty())
        return fail(fmt::format("--filter {}: no program matches", options.filter));
    return results.failures.empty() ? 0 : 1;
}

int complain(std::string_view message) {
    fmt::print(stderr, "bench: {}\n", message);
    return 2;
}

void add_options(cli::Options line, Options& options) {
    line.add_flag("--quick", options.quick, "fewer rounds: the whole suite in less than 60 s");
    line.add("--filter", options.filter, "only programs that match this regular expression")
        .type("REGEX");
    line.add("--engines", options.engines,
             fmt::format("engines to measure (default: {})", fmt::join(options.engines, ",")))
        .comma_separated()
        .type("NAME,NAME");
    line.add("--phases", options.phases,
             fmt::format("what to measure (default: {})", fmt::join(options.phases, ",")))
        .comma_separated()
        .one_of(options.phases)
        .type("NAME,NAME");
    line.add_flag("--budget", options.budget,
                  "let engines count instructions where that costs time");
    line.add("--json", options.json, "also write the results to this file").type("FILE");
    line.add("--html", options.html, "also write a page with charts to this file").type("FILE");
}

/// Lets the allocator keep what is freed: page faults would be most of a large compile's time.
void keep_memory() {
    constexpr int all = 1 << 30;
    mallopt(M_MMAP_THRESHOLD, all);
    mallopt(M_TRIM_THRESHOLD, all);
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory();
    Options options;
    cli::CommandLine line("bench/run",
                          "Measures engines against the same C source compiled natively.");
    line.options().footer(
        "Example:\n"
        "  bench/run --quick --filter 'hash|sort' --html report.html");
    add_options(line.options(), options);
    const auto parsed = line.parse(argc, argv);
    if (!parsed) return complain(parsed.error().message);
    if (!*parsed) return 0;
    try {
        const auto status = run(options);
        return status ? *status : complain(status.error().message);
    } catch (const std::regex_error& error) {
        return complain(fmt::format("--filter {}: {}", options.filter, error.what()));
    }
}
