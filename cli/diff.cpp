// `bpftwin diff`: the same program on the same input on several engines, every effect compared.
#include <memory>

#include "bpftwin/kernel.h"
#include "cli/command.h"
#include "cli/diff_report.h"
#include "cli/input.h"
#include "cli/object.h"
#include "cli/packets.h"
#include "cli/settings.h"
#include "compare/engines.h"
#include "compare/timing.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "helpers/maps/attributes.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    ObjectArguments object;
    InputArguments input;
    std::vector<std::string> engines;
    std::vector<std::string> events;
    bool json = false;
};

constexpr std::string_view reference = "interp";

/// Maps and programs on one engine, or why there are none.
struct Side {
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Instance> instance;
};

Result<Side> make_side(std::string_view name, const ObjectSpec& object,
                       std::span<const Setting> settings, std::uint32_t cpus) {
    // A program that nobody verified must not do harm: the first engine checks every access, and
    // the others run only what it ran to the end.
    auto contender = compare::make_contender(name == reference ? "checked" : name);
    if (!contender) return std::unexpected(contender.error());
    auto instance = contender->instantiate(object, {.cpu_count = cpus});
    if (!instance) return std::unexpected(instance.error());
    auto stored = store_settings(**instance, object, settings);
    if (!stored) return std::unexpected(stored.error().in(name));
    return Side{std::move(contender->engine), std::move(*instance)};
}

/// The same in all that engines share, different in what they do not: clock and chance, and where
/// the caller wants a world that no kernel has, the task as well.
World other_world(World world, bool invented) {
    constexpr std::uint64_t some_time = 12'345'678'901'234'567;
    constexpr std::uint64_t some_step = 1'013;
    world.ktime_ns = world.ktime_ns.value_or(0) + some_time;
    world.ktime_step_ns += some_step;
    world.random_seed = world.random_seed.value_or(0) + some_step;
    if (!invented) return world;
    world.task.pid += 1;
    world.task.tgid += 1;
    world.task.uid += 1;
    world.task.gid += 1;
    world.task.comm = "another task";
    return world;
}

class Session {
public:
    Session(DiffPlan plan, RunInput input, bool json, bool invented)
        : plan_(std::move(plan)),
          input_(std::move(input)),
          json_(json),
          invented_(invented),
          sums_(plan_.engines.size()) {}

    Result<void> add_engines(const Arguments& arguments, std::span<const Setting> settings) {
        for (std::size_t i = 0; i < plan_.engines.size(); ++i) {
            DiffEngine& engine = plan_.engines[i];
            auto side = make_side(engine.name, plan_.object, settings, arguments.input.cpus);
            if (side) {
                sides_.push_back(std::move(*side));
                continue;
            }
            // An engine that was asked for by name has to be there.
            if (i == 0 || !arguments.engines.empty()) return std::unexpected(side.error());
            engine.absent = side.error().message;
            sides_.push_back({});
        }
        auto varied = make_side(reference, plan_.object, settings, arguments.input.cpus);
        if (!varied) return std::unexpected(varied.error());
        varied_ = std::move(*varied);
        return {};
    }

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
        return sums_.any_different() || rejected_ ? exit_finding : exit_fine;
    }

private:
    Result<void> once(std::uint64_t number) {
        DiffRun run{.number = number};
        auto expected = sides_.front().instance->run(plan_.program.name, input_);
        if (!expected) return std::unexpected(expected.error());
        RunInput other = input_;
        other.world = other_world(input_.world, invented_);
        auto varied = varied_.instance->run(plan_.program.name, other);
        if (!varied) return std::unexpected(varied.error());
        run.expected = std::move(*expected);
        for (std::size_t i = 1; i < sides_.size(); ++i)
            run.engines.push_back(compared(i, run.expected, *varied));
        sums_.add(run);
        show(run);
        last_ = std::move(run.expected);
        return {};
    }

    EngineRun compared(std::size_t index, const RunResult& expected, const RunResult& varied) {
        DiffEngine& engine = plan_.engines[index];
        if (sides_[index].instance == nullptr) return {.refused = engine.absent, .absent = true};
        if (expected.trap && !compare::is_kernel(engine.name))
            return {.refused = "runs no program that the checked interpreter stopped"};
        auto result = sides_[index].instance->run(plan_.program.name, input_);
        if (!result) return refused(engine, result.error());
        if (engine.verdict != "-") engine.verdict = "accepted";
        return {.findings = compare::findings(expected, *result, &varied)};
    }

    // What a kernel cannot test-run says nothing of the program; a rejection does.
    EngineRun refused(DiffEngine& engine, const Error& error) {
        const bool accepted = error.code == enotsupp;
        rejected_ |= !accepted;
        if (engine.verdict != "-") engine.verdict = accepted ? "accepted" : "rejected";
        return {.refused = error.message};
    }

    void show(const DiffRun& run) {
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
                                 {"engines", engines_json()},
                                 {"runs", json_runs_},
                                 {"same", !sums_.any_different() && !rejected_}}) +
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
    RunInput input_;
    bool json_, invented_;
    DiffSums sums_;
    std::vector<Side> sides_;
    Side varied_;
    RunResult last_;
    std::string details_;
    Json json_runs_ = Json::array();
    std::uint64_t different_runs_ = 0;
    bool rejected_ = false;
};

std::vector<DiffEngine> engines_of(const Arguments& arguments) {
    auto names = arguments.engines;
    if (names.empty()) names = {"jit", "kernel"};
    std::erase(names, std::string(reference));
    std::vector<DiffEngine> engines{{.name = std::string(reference), .verdict = "-"}};
    for (const std::string& name : names)
        engines.push_back({.name = name, .verdict = compare::is_kernel(name) ? "?" : "-"});
    return engines;
}

Result<Exit> run(const Arguments& arguments) {
    auto object = open_object(arguments.object);
    if (!object) return std::unexpected(object.error());
    auto program = choose_program(*object, arguments.input.program);
    if (!program) return std::unexpected(program.error());
    (*program)->autoload = true;
    auto events = EventTypes::parse(*object, arguments.events);
    if (!events) return std::unexpected(events.error());
    auto settings = edit_definition(*object, arguments.input.settings);
    if (!settings) return std::unexpected(settings.error());
    auto input = parse_input(arguments.input);
    if (!input) return std::unexpected(input.error());
    input->want_maps = true;
    const bool packets = !arguments.input.packets.empty();
    if (packets && !context_layout((*program)->type).has_packet)
        return fail(fmt::format("--packet: {} programs take no packet", name_of((*program)->type)));
    auto stream = PacketStream::open(arguments.input.packets);
    if (!stream) return std::unexpected(stream.error());

    // A kernel runs the program where this thread is.
    const compare::Pin pin;
    if (!arguments.input.cpu && pin.cpu()) input->world.cpu = *pin.cpu();
    Session session(
        {*object, **program, arguments.object.path, std::move(*events), engines_of(arguments)},
        std::move(*input), arguments.json, !arguments.input.world.empty());
    if (auto added = session.add_engines(arguments, *settings); !added)
        return std::unexpected(added.error());
    return session.run(*stream, packets);
}

}  // namespace

Command add_diff(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("diff", "Run a program on several engines and compare every effect");
    add_object_arguments(options, arguments->object);
    add_input_options(options, arguments->input);
    options
        .add("--engines", arguments->engines,
             "Engines to compare with the checked interpreter (default: jit,kernel, the kernel "
             "where "
             "it can be asked)")
        .comma_separated()
        .type("NAME,NAME");
    options.add_repeatable("--event", arguments->events, "[MAP=]TYPE",
                           "Type of ring buffer and perf records, by the object's BTF");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(
        input_notes() +
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
