// bpftwin_verifier_differential: random programs, judged by our verifier and by the running kernel.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/options.h"
#include "fmt/format.h"
#include "tests/differential/report.h"
#include "tests/differential/verified.h"
#include "tests/verdicts/accepted_programs.h"
#include "tests/verdicts/contest.h"
#include "tests/verdicts/mutation.h"
#include "tests/verdicts/pointer_program.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::verdicts;
using differential::Case;
using differential::Choices;

enum Exit : int { exit_same = 0, exit_different = 1, exit_bad_usage = 2 };

struct Options {
    std::uint64_t programs = 0;
    std::uint64_t seed = 1;
    double minutes = 0;
    std::vector<std::string> objects;
    std::string save;
};

constexpr unsigned batch_size = 64;
volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) { interrupted = 1; }

/// A program and where it comes from.
void mutate_some(Case& of, unsigned percent, Choices& choices) {
    for (ProgramSpec& program : of.object.programs)
        while (choices.percent(percent)) mutate(program, of.object.maps.size(), choices);
}

Case mutants_of(const ObjectSpec& object, Choices& choices) {
    Case one{.object = object};
    one.object.programs.clear();
    for (unsigned i = 0; i < batch_size; ++i) {
        ProgramSpec program = choices.of(object.programs);
        program.name = fmt::format("{}_{}", i, program.name);
        do mutate(program, object.maps.size(), choices);
        while (choices.percent(25));
        one.object.programs.push_back(std::move(program));
    }
    return one;
}

Case batch(std::uint64_t seed, const std::vector<ObjectSpec>& objects) {
    Choices choices(seed);
    const unsigned chance = choices.below(100);
    if (!objects.empty() && chance < 50) return mutants_of(choices.of(objects), choices);
    if (chance < 55) {
        Case one = differential::generate_verified_case(seed);
        one.runs.clear();
        mutate_some(one, 40, choices);
        return one;
    }
    Case one = pointer_programs(seed, batch_size);
    mutate_some(one, 35, choices);
    return one;
}

/// Prints what differs, and saves it.
class Findings {
public:
    Findings(const Options& options, Contest& contest) : options_(options), contest_(contest) {}

    void add(Case one, std::size_t program, std::uint64_t seed, const Opinions& first) {
        ProgramSpec only = std::move(one.object.programs[program]);
        one.object.programs = {std::move(only)};
        one.runs.clear();
        const Agreement agreement = first.agreement();
        const bool is_worst = agreement == Agreement::wrongly_accepted;
        if (options_.save.empty() && !is_worst) return;
        if (++seen_[kind_of(first)] > (is_worst ? 20 : 2)) return;
        const auto again = contest_.judge(one.object);
        if (!again) return;
        // What others of its object did to the kernel can matter.
        const bool repeats = kind_of(again->front()) == kind_of(first);
        const Case small = repeats ? contest_.shrunk(one) : one;
        const auto after = contest_.judge(small.object);
        if (!after) return;
        const std::string text = fmt::format(
            "; {}, seed {} program {} of {}{}\n{}; before it was made small\n{}; type: {}\n{}",
            name_of(agreement), seed, program, one.object.name,
            repeats ? "" : ", not when asked again", lines(after->front()), lines(first),
            name_of(small.object.programs[0].type), differential::describe(small));
        if (is_worst) fmt::print("{}\n", text);
        std::fflush(stdout);
        save(text, name_of(agreement), seed, program);
    }

    [[nodiscard]] std::string text() const {
        std::vector<std::pair<std::uint64_t, std::string>> kinds;
        for (const auto& [kind, count] : seen_) kinds.emplace_back(count, kind);
        std::ranges::sort(kinds, std::greater());
        std::string text;
        for (const auto& [count, kind] : kinds) text += fmt::format("{} × {}\n", count, kind);
        return text;
    }

private:
    static std::string lines(const Opinions& opinions) {
        const auto line = [](const Verdict& verdict) {
            return fmt::format("{} ({}), {} insns: {}", name_of(verdict.answer), verdict.error,
                               verdict.insns, verdict.reason);
        };
        return fmt::format("; ours:   {}\n; kernel: {}\n", line(opinions.ours),
                           line(opinions.theirs));
    }
    void save(const std::string& text, std::string_view agreement, std::uint64_t seed,
              std::size_t program) const {
        if (options_.save.empty()) return;
        std::string name = fmt::format("{}_{}_{}.txt", agreement, seed, program);
        std::ranges::replace(name, ' ', '_');
        std::ofstream(std::filesystem::path(options_.save) / name) << text;
    }

    const Options& options_;
    Contest& contest_;
    std::map<std::string, std::uint64_t> seen_;
};

bool differs(Agreement agreement) { return agreement < Agreement::accepted; }

int run(const Options& options, Contest& contest) {
    std::signal(SIGINT, on_interrupt);
    const auto objects = accepted_programs(options.objects, contest);
    const auto begin = std::chrono::steady_clock::now();
    Sums sums;
    std::map<std::string, std::uint64_t> unsupported;
    Findings findings(options, contest);
    for (std::uint64_t seed = options.seed; sums.all() < options.programs && !interrupted; ++seed) {
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        if (options.minutes != 0 && spent.count() > options.minutes * 60) break;
        const Case one = batch(seed, objects);
        const auto opinions = contest.judge(one.object);
        if (!opinions) return fmt::print(stderr, "{}\n", opinions.error().message), exit_bad_usage;
        for (std::size_t i = 0; i < opinions->size(); ++i) {
            const Agreement agreement = (*opinions)[i].agreement();
            sums.add(agreement);
            if (agreement == Agreement::unsupported) ++unsupported[(*opinions)[i].ours.reason];
            if (differs(agreement)) findings.add(one, i, seed, (*opinions)[i]);
        }
        if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{} ", sums.text());
    }
    fmt::print("{}", findings.text());
    for (const auto& [feature, count] : unsupported)
        if (count * 1000 > sums.all()) fmt::print("unsupported {}: {}\n", count, feature);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    fmt::print("{}, {:.1f} s\n", sums.text(), spent.count());
    return sums.of(Agreement::wrongly_accepted) == 0 ? exit_same : exit_different;
}

void add_options(cli::Options line, Options& options) {
    line.add("--programs", options.programs, "how many programs").required();
    line.add("--minutes", options.minutes, "how long (0: no limit)").with_default();
    line.add("--seed", options.seed, "the first seed").with_default();
    line.add("--objects", options.objects,
             "folders of objects whose accepted programs are changed, beside generated ones");
    line.add("--save", options.save, "folder for what differs, as text");
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    cli::CommandLine line("bpftwin_verifier_differential",
                          "Compares our verdicts on random programs with the running kernel's.\n"
                          "Example: bpftwin_verifier_differential --programs 200000");
    add_options(line.options(), options);
    const auto parsed = line.parse(argc, argv);
    if (!parsed) {
        fmt::print(stderr, "bpftwin_verifier_differential: {}\n", parsed.error().message);
        return exit_bad_usage;
    }
    if (!*parsed) return exit_same;
    auto contest = Contest::make();
    if (!contest) {
        fmt::print(stderr, "bpftwin_verifier_differential: {}\n", contest.error().message);
        return exit_bad_usage;
    }
    return run(options, *contest);
}
