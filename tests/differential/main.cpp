// bpftwin_differential: random programs on two engines, until they differ.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "bpftwin/kernel.h"
#include "cli/options.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tests/differential/compare.h"
#include "tests/differential/isolated.h"
#include "tests/differential/report.h"
#include "tests/differential/search.h"
#include "tests/differential/shrink.h"
#include "tests/differential/verified.h"
#include "tests/differential/well_defined.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::differential;

enum Exit : int { exit_same = 0, exit_different = 1, exit_bad_usage = 2 };

struct Options {
    std::vector<std::string> engines;
    std::string against;
    std::uint64_t programs = 0;
    std::uint64_t seed = 1;
    double minutes = 0;
    unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
    bool print = false;
    bool kernel = false;
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

/// How a comparison ends in a process of its own, which may crash.
int end_of_comparison(const SearchOptions& options, const Case& of, bool print) {
    constexpr unsigned seconds = 20;
    enum : int { same, different, refused };
    return end_of(
        [&] {
            const auto found = compare(Contender(options.engine), Contender(options.against), of);
            if (!found) return same;
            if (print) fmt::print("run {}: {}", found->run, found->what);
            std::fflush(stdout);
            return found->refusal ? refused : different;
        },
        seconds);
}

/// Prints the case of a seed, as small as it still fails in the same way.
void explain(const SearchOptions& options, std::uint64_t seed) {
    const Case original = generate_case(seed);
    const int end = end_of_comparison(options, original, true);
    const bool defined = is_well_defined(original);
    if (!defined) fmt::print("The case is not well defined: look at the generator first.\n");
    const Case small = shrink(original, [&](const Case& one) {
        return is_well_defined(one) == defined && end_of_comparison(options, one, false) == end;
    });
    fmt::print("\n{}\n", describe(small));
    std::fflush(stdout);
    end_of_comparison(options, small, true);
}

int run(const Options& chosen, const std::string& engine) {
    const SearchOptions options{.engine = engine_named(engine),
                                .against = engine_named(chosen.against),
                                .first_seed = chosen.seed,
                                .programs = chosen.programs,
                                .seconds = chosen.minutes * 60,
                                .jobs = chosen.jobs};
    const SearchResult result = search(options, [](const SearchResult& so_far) {
        show(so_far);
        return interrupted == 0;
    });
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\n");
    fmt::print("{} and {}: {} programs of {} instructions, {} cases from seed {} on, {:.1f} s\n",
               engine, chosen.against, result.programs, result.instructions, result.cases,
               chosen.seed, result.seconds);
    std::fflush(stdout);
    if (!result.failed_seed) return exit_same;
    fmt::print("seed {}: {}\n", *result.failed_seed,
               result.failure.empty() ? "the engines differ" : result.failure);
    std::fflush(stdout);
    explain(options, *result.failed_seed);
    return exit_different;
}

/// Compares our engines with the running kernel, on programs that its verifier accepts.
int run_verified(const Options& options) {
    const auto kernel = make_kernel();
    if (!kernel) {
        fmt::print(stderr, "bpftwin_differential: {}\n", kernel.error().message);
        return exit_bad_usage;
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const auto go_on = [&](const VerifiedResult& so_far) {
        show({.programs = so_far.programs, .seconds = seconds()});
        return interrupted == 0 && (options.minutes == 0 || seconds() < options.minutes * 60);
    };
    const std::uint64_t programs = options.programs == 0 ? UINT64_MAX : options.programs;
    const auto result = search_verified(**kernel, programs, options.seed, go_on);
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\n");
    fmt::print("kernel, interpreter and JIT: {} programs of {} instructions, {} more rejected\n",
               result.programs, result.instructions, result.rejected);
    if (result.failure.empty()) return exit_same;
    fmt::print("seed {}: {}\n{}\n", result.seed, result.failure,
               describe(generate_verified_case(result.seed)));
    return exit_different;
}

int run(const Options& options) {
    std::signal(SIGINT, on_interrupt);
    if (options.kernel) return run_verified(options);
    int worst = exit_same;
    for (const std::string& engine : options.engines)
        if (engine != options.against && interrupted == 0)
            worst = std::max(worst, run(options, engine));
    return worst;
}

void add_options(cli::Options line, Options& options) {
    line.add("--engine", options.engines, "engines under test, one after the other")
        .one_of(engine_names())
        .with_default();
    line.add("--against", options.against, "the engine that it is compared with")
        .one_of(engine_names())
        .with_default();
    line.add("--programs", options.programs, "how many programs (0: no limit)").with_default();
    line.add("--minutes", options.minutes, "how long (0: no limit)").with_default();
    line.add("--seed", options.seed, "the first seed").with_default();
    line.add("--jobs", options.jobs, "processes at once").positive().with_default();
    line.add_flag(
        "--kernel", options.kernel,
        "compare interpreter and JIT with the running kernel, in one process, on programs "
        "that its verifier accepts");
    line.add_flag("--print", options.print, "print the case of the seed instead of running it");
}

}  // namespace

int main(int argc, char** argv) {
    Options options{.engines = engine_names(), .against = engine_names().front()};
    cli::CommandLine line("bpftwin_differential",
                          "Runs random programs on pairs of engines until they differ.\n"
                          "Example: bpftwin_differential --programs 2000000");
    add_options(line.options(), options);
    const auto parsed = line.parse(argc, argv);
    if (!parsed) {
        fmt::print(stderr, "bpftwin_differential: {}\n", parsed.error().message);
        return exit_bad_usage;
    }
    if (!*parsed) return exit_same;
    if (options.print) return fmt::print("{}", describe(generate_case(options.seed))), exit_same;
    return run(options);
}
