// `bpftwin bench`: the same program on the same input on several engines, timed against each other.
#include <memory>

#include "cli/bench_program.h"
#include "cli/bench_report.h"
#include "cli/clearance.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/object.h"
#include "cli/packets.h"
#include "compare/timing.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    ObjectArguments object;
    InputArguments input;
    std::vector<std::string> engines = compare::contender_names();
    compare::Effort effort;
    TrustArguments trust;
    bool budget = false, json = false;
};

/// More packets than that would leave too few samples for each.
constexpr std::size_t most_packets = 100;

Result<std::vector<std::optional<Bytes>>> read_packets(const std::vector<std::string>& sources) {
    std::vector<std::optional<Bytes>> packets;
    if (sources.empty()) return packets = {std::nullopt};
    auto stream = PacketStream::open(sources);
    if (!stream) return std::unexpected(stream.error());
    while (true) {
        auto packet = stream->next();
        if (!packet) return std::unexpected(packet.error());
        if (!*packet) break;
        if (packets.size() == most_packets) {
            fmt::print(stderr, "bpftwin: note: the first {} packets are used\n", most_packets);
            break;
        }
        packets.emplace_back(std::move((*packet)->bytes));
    }
    if (packets.empty()) return fail(source_names(sources) + ": no packets in it");
    return packets;
}

Result<BenchPlan> make_plan(const Arguments& arguments) {
    BenchPlan plan;
    auto engines = compare::make_contenders(arguments.engines);
    if (!engines) return std::unexpected(engines.error().in("--engines"));
    plan.engines = std::move(*engines);
    auto object = open_ready_object(arguments.object);
    if (!object) return std::unexpected(object.error());
    plan.ready = std::move(*object);
    auto input = parse_input(arguments.input);
    if (!input) return std::unexpected(input.error());
    plan.input = std::move(*input);
    auto packets = read_packets(arguments.input.packets);
    if (!packets) return std::unexpected(packets.error());
    plan.packets = std::move(*packets);
    auto settings = edit_definition(plan.ready.spec, arguments.input.settings);
    if (!settings) return std::unexpected(settings.error());
    plan.settings = std::move(*settings);
    plan.path = arguments.object.path;
    plan.trust = arguments.trust;
    if (!arguments.input.format.empty())
        return fail(
            "--format: bench takes fields by place (u32[8]) or by the program's own struct");
    plan.options = {.cpu_count = arguments.input.cpus,
                    .metered = arguments.budget,
                    .kernel_types = object_types(plan.ready, !plan.input.world.objects.empty())};
    plan.effort = arguments.effort;
    return plan;
}

/// Measures programs and reports each when it is done.
class Session {
public:
    Session(const BenchPlan& plan, bool json) : plan_(plan), json_(json) {}

    Result<Exit> run(std::span<const ProgramSpec* const> programs) {
        const InterruptGuard guard;
        count_ = programs.size();
        for (const ProgramSpec* program : programs) {
            if (InterruptGuard::interrupted()) break;
            measure(*program);
        }
        if (json_)
            print(json_text(bench_json(plan_, programs_, skipped_)) + '\n');
        else if (measured_ > 0)
            print(method_text(plan_));
        return status();
    }

private:
    void measure(const ProgramSpec& program) {
        auto bench = can_run(program);
        if (bench) {
            Progress progress("rounds");
            bench = bench_program(plan_, program, [&](double share) {
                const double all = static_cast<double>(programs_.size() + skipped_.size());
                progress.show(++rounds_, (all + share) / static_cast<double>(count_));
                return !InterruptGuard::interrupted();
            });
        }
        if (InterruptGuard::interrupted()) return;
        if (bench)
            add(std::move(*bench));
        else
            skip(program, bench.error());
    }

    /// Reasons that need no run.
    [[nodiscard]] Result<ProgramBench> can_run(const ProgramSpec& program) const {
        if (!program.autoload)
            return fail(fmt::format("section \"{}\" asks not to load it; choose it with --prog",
                                    program.section));
        if (plan_.packets.front() && !context_layout(program.type).has_packet)
            return fail(fmt::format("--packet: {} programs take no packet", name_of(program.type)));
        return ProgramBench{};
    }

    void add(ProgramBench bench) {
        if (!json_) print(bench_text(plan_, bench, stdout_style()) + '\n');
        ++(bench.finding.empty() ? measured_ : findings_);
        programs_.push_back(std::move(bench));
        std::fflush(stdout);
    }

    void skip(const ProgramSpec& program, const Error& why) {
        skipped_.push_back({program.name, why.message});
        if (!json_ && count_ > 1) print(skipped_text(skipped_.back(), stdout_style()));
    }

    [[nodiscard]] Result<Exit> status() const {
        if (InterruptGuard::interrupted()) return exit_interrupted;
        if (findings_ > 0) return exit_finding;
        if (measured_ > 0) return exit_fine;
        return fail(count_ == 1 ? skipped_.front().reason
                                : plan_.path + ": no program could be measured");
    }

    const BenchPlan& plan_;
    bool json_;
    std::size_t count_ = 0;
    std::vector<ProgramBench> programs_;
    std::vector<Skipped> skipped_;
    std::uint64_t rounds_ = 0;
    std::size_t measured_ = 0, findings_ = 0;
};

/// The program that was asked for, or all.
Result<std::vector<const ProgramSpec*>> choose(ObjectSpec& object, const std::string& name) {
    std::vector<const ProgramSpec*> programs;
    if (name.empty() && object.programs.size() > 1) {
        for (const ProgramSpec& program : object.programs) programs.push_back(&program);
        return programs;
    }
    auto program = choose_program(object, name);
    if (!program) return std::unexpected(program.error());
    (*program)->autoload = true;
    programs.push_back(*program);
    return programs;
}

Result<Exit> run(const Arguments& arguments) {
    auto plan = make_plan(arguments);
    if (!plan) return std::unexpected(plan.error());
    const auto programs = choose(plan->ready.spec, arguments.input.program);
    if (!programs) return std::unexpected(programs.error());
    const compare::Pin pin;
    plan->pinned = pin.cpu();
    plan->clock_ns = compare::clock_resolution_ns();
    return Session(*plan, arguments.json).run(*programs);
}

void add_options(Options options, Arguments& arguments) {
    options
        .add("--engines", arguments.engines,
             fmt::format("Engines to measure, ratios to the first (default: {})",
                         fmt::join(arguments.engines, ",")))
        .comma_separated()
        .type("NAME,NAME");
    const Option samples =
        options.add("--samples", arguments.effort.rounds, "Samples of each engine per program")
            .positive()
            .type("N");
    options
        .add("--time", arguments.effort.seconds,
             fmt::format("Seconds per program (default: {})", arguments.effort.seconds))
        .positive()
        .excludes(samples)
        .type("S");
    add_trust_options(options, arguments.trust);
    options.add_flag("--budget", arguments.budget,
                     "Let engines count instructions where that costs time");
    options.add_flag("--json", arguments.json, "JSON output (docs/json.md)");
}

std::string footer() {
    return input_notes() +
           "The world is fixed unless --world is given, so that all engines see the same.\n"
           "Engines run what the verifier accepts without memory checks, except checked. Before "
           "that "
           "its results\nmust be the same on all of them as in checked execution. Maps keep what "
           "earlier runs "
           "left in them.\n"
           "\nExamples:\n"
           "  bpftwin bench parser.c --packet mix.pcap\n"
           "  bpftwin bench lb.o --prog balance --engines interp,checked --time 5 --json\n\n"
           "Exit status: 0 fine, 1 not accepted, results differ or a program traps, 2 bad usage or "
           "input, 130 interrupted";
}

}  // namespace

Command add_bench(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("bench", "Measure how fast engines run a program and compare them");
    add_object_arguments(options, arguments->object);
    add_kernel_arguments(options, arguments->object);
    add_input_options(options, arguments->input);
    add_options(options, *arguments);
    options.footer(footer());
    return {options, [arguments] {
                if (arguments->input.world.empty()) arguments->input.world = {"fixed"};
                return run(*arguments);
            }};
}

}  // namespace bpftwin::cli
