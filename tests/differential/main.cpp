// bpftwin_differential: random programs on two engines, until they differ.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tests/differential/compare.h"
#include "tests/differential/isolated.h"
#include "tests/differential/report.h"
#include "tests/differential/search.h"
#include "tests/differential/shrink.h"
#include "tests/differential/well_defined.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::differential;

enum Exit : int { exit_same = 0, exit_different = 1, exit_bad_usage = 2 };

struct Options {
    std::string engine;
    std::string against;
    std::uint64_t programs = 0;
    std::uint64_t seed = 1;
    double minutes = 0;
    unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
    bool print = false;
};

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) {
    interrupted = 1;
    std::signal(SIGINT, SIG_DFL);  // The second Ctrl-C ends it at once.
}

std::vector<std::string> engine_names() {
    std::vector<std::string> names;
    for (const auto& engine : test::engine_cases()) names.push_back(engine.name);
    return names;
}

test::EngineCase engine_named(const std::string& name) {
    auto engines = test::engine_cases();
    return *std::ranges::find(engines, name, &test::EngineCase::name);
}

void show(const SearchResult& so_far) {
    static const bool terminal = isatty(STDERR_FILENO) != 0;
    if (!terminal) return;
    fmt::print(stderr, "\r{} programs, {:.0f} per second, {:.0f} s ", so_far.programs,
               static_cast<double>(so_far.programs) / so_far.seconds, so_far.seconds);
    std::fflush(stderr);
}

/// Prints the case of a seed as it is, and as small as it still fails.
void explain(const SearchOptions& options, std::uint64_t seed) {
    constexpr unsigned seconds = 20;
    const Contender engine(options.engine);
    const Contender against(options.against);
    const auto fails = [&](const Case& one) {
        return holds_or_crashes([&] { return compare(engine, against, one).has_value(); }, seconds);
    };
    const Case original = generate_case(seed);
    if (!is_well_defined(original))
        fmt::print("The case is not well defined: look at the generator first.\n");
    const Case small =
        shrink(original, [&](const Case& one) { return is_well_defined(one) && fails(one); });
    fmt::print("\n{}\n", describe(small));
    // Where it crashes, the text above is all there is.
    std::fflush(stdout);
    holds_or_crashes(
        [&] {
            if (const auto found = compare(engine, against, small)) fmt::print("{}", found->what);
            std::fflush(stdout);
            return true;
        },
        seconds);
}

int run(const Options& chosen) {
    const SearchOptions options{.engine = engine_named(chosen.engine),
                                .against = engine_named(chosen.against),
                                .first_seed = chosen.seed,
                                .programs = chosen.programs,
                                .seconds = chosen.minutes * 60,
                                .jobs = chosen.jobs};
    std::signal(SIGINT, on_interrupt);
    const SearchResult result = search(options, [](const SearchResult& so_far) {
        show(so_far);
        return interrupted == 0;
    });
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\n");
    fmt::print("{} and {}: {} programs of {} instructions, {} cases from seed {} on, {:.1f} s\n",
               chosen.engine, chosen.against, result.programs, result.instructions, result.cases,
               chosen.seed, result.seconds);
    if (!result.failed_seed) return exit_same;
    fmt::print("seed {}: {}\n", *result.failed_seed,
               result.failure.empty() ? "the engines differ" : result.failure);
    std::fflush(stdout);
    explain(options, *result.failed_seed);
    return exit_different;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{
        "Runs random programs on two engines until they differ.\n"
        "Example: bpftwin_differential --programs 2000000"};
    const auto engines = CLI::IsMember(engine_names());
    options.engine = engine_names().back();
    options.against = engine_names().front();
    app.add_option("--engine", options.engine, "the engine under test")
        ->check(engines)
        ->capture_default_str();
    app.add_option("--against", options.against, "the engine that it is compared with")
        ->check(engines)
        ->capture_default_str();
    app.add_option("--programs", options.programs, "how many programs (0: no limit)")
        ->capture_default_str();
    app.add_option("--minutes", options.minutes, "how long (0: no limit)")->capture_default_str();
    app.add_option("--seed", options.seed, "the first seed")->capture_default_str();
    app.add_option("--jobs", options.jobs, "processes at once")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_flag("--print", options.print, "print the case of the seed instead of running it");
    try {
        app.parse(argc, argv);
        if (options.print)
            return fmt::print("{}", describe(generate_case(options.seed))), exit_same;
        return run(options);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_same : exit_bad_usage;
    }
}
