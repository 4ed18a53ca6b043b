// `bpftwin diff`: the same program on the same input on several engines, every effect compared.
#include <algorithm>
#include <memory>

#include "cli/clearance.h"
#include "cli/command.h"
#include "cli/comparison.h"
#include "cli/diff_report.h"
#include "cli/input.h"
#include "cli/object.h"
#include "cli/packets.h"
#include "cli/verdicts.h"
#include "compare/timing.h"
#include "fmt/format.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    ObjectArguments object;
    InputArguments input;
    std::vector<std::string> engines;
    std::vector<std::string> events;
    TrustArguments trust;
    std::uint32_t repeat = 1;
    bool json = false;
};

class Session {
public:
    Session(DiffPlan plan, Comparison& comparison, RunInput input, bool json)
        : plan_(std::move(plan)),
          comparison_(comparison),
          input_(std::move(input)),
          json_(json),
          sums_(plan_.engines.size()) {}

    Result<Exit> run(PacketStream& stream, bool packets) {
        Progress progress("packets");
        InterruptGuard guard;
        for (std::uint64_t number = 1; !InterruptGuard::interrupted(); ++number) {
            auto packet = stream.next();
            if (!packet) return std::unexpected(packet.error());
            if (packets && !*packet) break;
            if (packets) input_.packet = (*packet)->bytes;
            auto done = once(number);
            if (!done)
                return std::unexpected(packets ? done.error().in((*packet)->origin) : done.error());
            if (!packets) break;
            progress.show(number, stream.progress());
        }
        finish();
        if (InterruptGuard::interrupted()) return exit_interrupted;
        return sums_.any_different() || failed_ ? exit_finding : exit_fine;
    }

private:
    Result<void> once(std::uint64_t number) {
        auto run = comparison_.run(input_);
        if (!run) return std::unexpected(run.error());
        run->number = number;
        failed_ |= std::ranges::any_of(run->engines, &EngineRun::failed);
        sums_.add(*run);
        show(*run);
        last_ = std::move(run->expected);
        return {};
    }

    void show(const ComparedRun& run) {
        if (json_) {
            json_runs_.push_back(diff_json(plan_, run));
            return;
        }
        constexpr std::uint64_t most_shown = 10;
        const std::string text = differences_text(plan_, run, stdout_style());
        if (text.empty()) return;
        if (++different_runs_ > most_shown) return;
        details_ += fmt::format("run {}\n{}", run.number, text);
    }

    void finish() {
        if (json_) {
            print(json_text(Json{{"object", plan_.path},
                                 {"program", plan_.program.name},
                                 {"refused", Json()},
                                 {"engines", engines_json()},
                                 {"runs", json_runs_},
                                 {"same", !sums_.any_different() && !failed_}}) +
                  '\n');
            return;
        }
        const Style style = stdout_style();
        print(fmt::format("{} ({}) on {} engines\n", style.bold(plan_.program.name),
                          plan_.program.section, plan_.engines.size()));
        print(diff_table(plan_, sums_, last_, style));
        for (const DiffEngine& engine : plan_.engines)
            if (!engine.absent.empty())
                print(fmt::format("{}: {}\n", style.bold(engine.name), engine.absent));
        if (!sums_.reasons().empty()) print("not comparable\n");
        for (const auto& [reason, count] : sums_.reasons()) print(fmt::format("  {}\n", reason));
        if (!details_.empty()) print(style.bad("different") + "\n" + details_);
    }

    [[nodiscard]] Json engines_json() const {
        Json list = Json::array();
        for (const DiffEngine& engine : plan_.engines)
            list.push_back({{"name", engine.name},
                            {"verdict", engine.verdict == "-" ? Json() : Json(engine.verdict)},
                            {"absent", engine.absent.empty() ? Json() : Json(engine.absent)}});
        return list;
    }

    DiffPlan plan_;
    Comparison& comparison_;
    RunInput input_;
    bool json_;
    DiffSums sums_;
    RunResult last_;
    std::string details_;
    Json json_runs_ = Json::array();
    std::uint64_t different_runs_ = 0;
    bool failed_ = false;
};

/// The columns of the table. An engine that was asked for by name has to be there.
Result<std::vector<DiffEngine>> columns(const Comparison& comparison,
                                        std::span<const Competitor> competitors,
                                        const Arguments& arguments) {
    std::vector<DiffEngine> engines;
    for (std::size_t i = 0; i < competitors.size(); ++i) {
        const Error* absent = comparison.absent(i);
        if (absent && !arguments.engines.empty()) return std::unexpected(*absent);
        engines.push_back(
            {competitors[i].name, comparison.verdict(i), absent ? absent->message : std::string()});
    }
    return engines;
}

Exit refuse(const Arguments& arguments, const ProgramSpec& program, const Cleared& cleared) {
    if (arguments.json)
        print(json_text(Json{{"object", arguments.object.path},
                             {"program", program.name},
                             {"refused", verdict_json(*cleared.verdict)},
                             {"engines", Json::array()},
                             {"runs", Json::array()},
                             {"same", false}}) +
              '\n');
    else
        print(refusal_text(cleared, stdout_style()));
    return exit_finding;
}

Result<Exit> run(const Arguments& arguments) {
    auto ready = open_ready_object(arguments.object);
    if (!ready) return std::unexpected(ready.error());
    ObjectSpec& object = ready->spec;
    auto program = choose_program(object, arguments.input.program);
    if (!program) return std::unexpected(program.error());
    (*program)->autoload = true;
    auto events = EventTypes::parse(object, arguments.events);
    if (!events) return std::unexpected(events.error());
    auto settings = edit_definition(object, arguments.input.settings);
    if (!settings) return std::unexpected(settings.error());
    auto input = parse_input(arguments.input);
    if (!input) return std::unexpected(input.error());
    const Cleared cleared = clear(*ready, **program, arguments.trust, arguments.input.cpus);
    if (cleared.clearance == Clearance::refused) return refuse(arguments, **program, cleared);
    note_unverified(cleared);
    input->want_maps = true;
    input->want_writes = true;
    input->repeat = arguments.repeat;
    const bool packets = !arguments.input.packets.empty();
    if (packets && !context_layout((*program)->type).has_packet)
        return fail(fmt::format("--packet: {} programs take no packet", name_of((*program)->type)));
    auto stream = PacketStream::open(arguments.input.packets);
    if (!stream) return std::unexpected(stream.error());

    // A kernel runs the program where this thread is.
    const auto types = object_types(*ready, !input->world.objects.empty());
    if (auto placed = place_fields(*input, arguments.input, object, **program, types.get());
        !placed)
        return std::unexpected(placed.error());
    const compare::Pin pin(arguments.input.cpu);
    if (pin.cpu()) input->world.cpu = *pin.cpu();
    const auto competitors = make_competitors(arguments.engines);
    auto comparison = Comparison::create({object, **program, *settings, arguments.input.cpus,
                                          !arguments.input.world.empty(), cleared, types},
                                         competitors);
    if (!comparison) return std::unexpected(comparison.error());
    auto engines = columns(*comparison, competitors, arguments);
    if (!engines) return std::unexpected(engines.error());
    Session session(
        {object, **program, arguments.object.path, std::move(*events), std::move(*engines)},
        *comparison, std::move(*input), arguments.json);
    return session.run(*stream, packets);
}

}  // namespace

Command add_diff(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("diff", "Run a program on several engines and compare every effect");
    add_object_arguments(options, arguments->object);
    add_kernel_arguments(options, arguments->object);
    add_input_options(options, arguments->input);
    add_engines_option(options, arguments->engines);
    add_trust_options(options, arguments->trust);
    options.add("--repeat", arguments->repeat, "Runs per packet; the last one is compared")
        .positive()
        .type("N");
    options.add_repeatable("--event", arguments->events, "[MAP=]TYPE",
                           "Type of ring buffer and perf records, by the object's BTF");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(
        input_notes() +
        "Programs that the verifier does not accept are not run; --unverified runs them in the "
        "checked\n"
        "interpreter, and a kernel that accepts them.\n"
        "The program also runs in another world, with another clock and other random numbers: what "
        "differs\nthere is not comparable between engines.\n"
        "\nExamples:\n"
        "  bpftwin diff parser.c --packet mix.pcap\n"
        "  bpftwin diff lb.o --prog balance --engines interp,jit,kernel --json\n\n"
        "Exit status: 0 no difference, 1 a difference or a rejected program, 2 bad usage or input, "
        "130\ninterrupted");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
