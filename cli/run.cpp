// `bpftwin run`: runs a program once per packet, or once, and shows every effect.
#include <memory>

#include "cli/clearance.h"
#include "cli/command.h"
#include "cli/fail_each.h"
#include "cli/input.h"
#include "cli/object.h"
#include "cli/packets.h"
#include "cli/report.h"
#include "cli/settings.h"
#include "compare/engines.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

/// The only engine that can check accesses.
constexpr std::string_view checking_engine = "interp";

struct RunArguments {
    ObjectArguments object;
    InputArguments input;
    std::string engine = "interp";
    std::string packet_out;
    std::vector<std::string> events;
    std::uint32_t repeat = 1;
    std::uint64_t budget = RunInput().budget;
    TrustArguments trust;
    bool fail_each = false, checked = false, check_invariants = false, json = false, time = false,
         summary = false, no_maps = false, perf_map = false, gdb = false;
};

/// What all runs have in common. Maps are read once, when all runs are over.
Result<RunInput> parse_run_input(const RunArguments& arguments) {
    auto input = parse_input(arguments.input);
    if (!input) return input;
    input->repeat = arguments.repeat;
    input->budget = arguments.budget;
    return input;
}

/// Runs one program on packets, one after the other, and reports.
class Runner {
public:
    Runner(const RunArguments& arguments, const RunPlan& plan, RunInput input, Instance& instance)
        : arguments_(arguments), plan_(plan), input_(std::move(input)), instance_(instance) {
        report_ = arguments.json ? json_report(plan) : text_report(plan, stdout_style());
    }

    Result<Exit> run(PacketStream& stream, std::optional<InputPacket> first,
                     std::optional<InputPacket> second) {
        auto prepared = prepare(stream.link_type());
        if (!prepared) return std::unexpected(prepared.error());
        report_->begin();
        auto done = loop(stream, std::move(first), std::move(second));
        // What is wrong with the input is all there is to say; JSON has a place for it.
        if (!done && !ran_ && !arguments_.json) return std::unexpected(done.error());
        auto maps =
            arguments_.no_maps ? std::vector<FinalMap>() : final_maps(plan_.object, instance_);
        if (!maps) return std::unexpected(maps.error());
        report_->end(*maps, done ? nullptr : &done.error());
        if (!done) return std::unexpected(done.error());
        return status();
    }

private:
    Result<void> prepare(int link_type) {
        if (!plan_.packets.empty() && !context_layout(plan_.program.type).has_packet)
            return fail(fmt::format("--packet: {} programs take no packet",
                                    bpftwin::name_of(plan_.program.type)));
        auto outcomes = Outcomes::create(plan_.program.type);
        if (!outcomes) return std::unexpected(outcomes.error());
        outcomes_.emplace(std::move(*outcomes));
        if (arguments_.packet_out.empty()) return {};
        auto writer = PacketWriter::create(arguments_.packet_out, link_type);
        if (!writer) return std::unexpected(writer.error());
        writer_.emplace(std::move(*writer));
        return {};
    }

    Result<void> loop(PacketStream& stream, std::optional<InputPacket> current,
                      std::optional<InputPacket> following) {
        if (!current) return once({});
        std::optional<InterruptGuard> guard;
        if (following) guard.emplace();
        Progress progress("packets");
        while (current && !InterruptGuard::interrupted()) {
            auto done = once(std::move(*current));
            if (!done) return done;
            progress.show(outcomes_->count(), stream.progress());
            current = std::move(following);
            auto next = stream.next();
            if (!next) return std::unexpected(next.error());
            following = std::move(*next);
        }
        return writer_ ? writer_->finish() : Result<void>();
    }

    Result<void> once(InputPacket packet) {
        bool given = !plan_.packets.empty();
        if (given) input_.packet = std::move(packet.bytes);
        auto outcome = run_once();
        if (!outcome) {
            return std::unexpected(given ? outcome.error().in(packet.origin) : outcome.error());
        }
        trapped_ |= outcome->result.trap.has_value();
        report_->add(*outcome);
        ran_ = true;
        if (writer_) writer_->write(packet, packet_after(*outcome));
        return {};
    }

    Result<Outcome> run_once() {
        auto outcome = outcomes_->begin(input_);
        if (!outcome) return outcome;
        auto result = instance_.run(plan_.program.name, input_);
        if (!result) return std::unexpected(result.error());
        Outcomes::finish(*outcome, std::move(*result));
        return outcome;
    }

    static ByteView packet_after(const Outcome& outcome) {
        if (outcome.result.packet) return *outcome.result.packet;
        return outcome.packet_before ? ByteView(*outcome.packet_before) : ByteView();
    }

    [[nodiscard]] Exit status() const {
        if (InterruptGuard::interrupted()) return exit_interrupted;
        return trapped_ ? exit_finding : exit_fine;
    }

    const RunArguments& arguments_;
    const RunPlan& plan_;
    RunInput input_;
    Instance& instance_;
    std::unique_ptr<Report> report_;
    std::optional<Outcomes> outcomes_;
    std::optional<PacketWriter> writer_;
    bool ran_ = false;
    bool trapped_ = false;
};

void note_link_type(const ProgramSpec& program, int link_type) {
    if (link_type == PacketStream::ethernet || !context_layout(program.type).has_packet) return;
    fmt::print(stderr,
               "bpftwin: note: link type {} is not Ethernet; packets are passed as they are\n",
               link_type_name(link_type));
}

Result<Exit> run_packets(const RunArguments& arguments, RunPlan& plan, RunInput input,
                         Instance& instance) {
    auto stream = PacketStream::open(arguments.input.packets);
    if (!stream) return std::unexpected(stream.error());
    auto first = stream->next();
    if (!first) return std::unexpected(first.error());
    auto second = stream->next();
    if (!second) return std::unexpected(second.error());
    if (!plan.packets.empty() && !*first) return fail(plan.packets + ": no packets in it");
    note_link_type(plan.program, stream->link_type());
    plan.many = second->has_value();
    Runner runner(arguments, plan, std::move(input), instance);
    return runner.run(*stream, std::move(*first), std::move(*second));
}

/// With the first packet, where there are any.
Result<Exit> fail_each_call(const RunArguments& arguments, const RunPlan& plan, RunInput input,
                            const MakeInstance& make) {
    auto stream = PacketStream::open(arguments.input.packets);
    if (!stream) return std::unexpected(stream.error());
    auto first = stream->next();
    if (!first) return std::unexpected(first.error());
    if (*first) input.packet = std::move((*first)->bytes);
    return run_fail_each(plan, std::move(input), make, arguments.json);
}

/// A program that may not run: its verdict is the finding.
Exit refuse(const RunArguments& arguments, const RunPlan& plan, const Cleared& cleared) {
    if (!arguments.json) {
        print(refusal_text(cleared, stdout_style()));
        return exit_finding;
    }
    const Error why{cleared.reason()};
    const auto report = json_report(plan);
    report->begin();
    report->end({}, &why);
    return exit_finding;
}

/// How the engine runs the program, or an Error where it cannot run one that is not verified.
Result<Safety> safety_of(const RunArguments& arguments, const Cleared& cleared) {
    const bool checks = arguments.engine == checking_engine;
    if (!checks && (arguments.checked || arguments.check_invariants))
        return fail(
            fmt::format("--engine {}: only {} can check", arguments.engine, checking_engine));
    if (compare::is_kernel(arguments.engine)) return Safety::checked;
    if (!checks && cleared.clearance == Clearance::checked)
        return fail(fmt::format("{}; {} runs only what is accepted, or all with --unsafe",
                                cleared.reason(), arguments.engine));
    if (!checks) return Safety::unsafe;
    const InputArguments& input = arguments.input;
    // What the user says may be what the verifier rules out.
    const bool own_context = !input.fields.empty() || !input.context_file.empty() ||
                             !input.objects.empty() || !input.mocks.empty() ||
                             !input.faults.empty();
    const bool checked = arguments.checked || arguments.check_invariants;
    return checked ? Safety::checked : cleared.interpreter_safety(own_context);
}

/// What is to be run and told; how safely is decided later.
RunPlan plan_of(const RunArguments& arguments, const ObjectSpec& object, const ProgramSpec& program,
                std::string_view engine, const Cleared& cleared, EventTypes events) {
    return {.object = object,
            .program = program,
            .path = arguments.object.path,
            .packets = source_names(arguments.input.packets),
            .engine = engine,
            .safety = Safety::checked,
            .verdict = cleared.verdict ? &*cleared.verdict : nullptr,
            .events = std::move(events),
            .repeat = arguments.repeat,
            .many = false,
            .time = arguments.time,
            .summary_only = arguments.summary,
            .calls = arguments.input.calls};
}

Result<Exit> run(const RunArguments& arguments) {
    auto engine = compare::make_engine(arguments.engine);
    if (!engine) return std::unexpected(engine.error().in("--engine"));
    auto ready = open_ready_object(arguments.object);
    if (!ready) return std::unexpected(ready.error());
    ObjectSpec& object = ready->spec;
    auto program = choose_program(object, arguments.input.program);
    if (!program) return std::unexpected(program.error());
    (*program)->autoload = true;
    auto input = parse_run_input(arguments);
    if (!input) return std::unexpected(input.error());
    auto events = EventTypes::parse(object, arguments.events);
    if (!events) return std::unexpected(events.error());
    auto settings = edit_definition(object, arguments.input.settings);
    if (!settings) return std::unexpected(settings.error());

    const Cleared cleared = compare::is_kernel(arguments.engine)
                                ? Cleared{}
                                : clear(*ready, **program, arguments.trust, arguments.input.cpus,
                                        arguments.check_invariants);
    RunPlan plan =
        plan_of(arguments, object, **program, (*engine)->name(), cleared, std::move(*events));
    if (cleared.clearance == Clearance::refused) return refuse(arguments, plan, cleared);
    const auto safety = safety_of(arguments, cleared);
    if (!safety) return std::unexpected(safety.error());
    plan.safety = *safety;
    note_unverified(cleared);

    const auto types = object_types(*ready, !input->world.objects.empty());
    if (auto placed = place_fields(*input, arguments.input, object, **program, types.get());
        !placed)
        return std::unexpected(placed.error());
    const EngineOptions options{.safety = *safety,
                                .cpu_count = arguments.input.cpus,
                                .perf_map = arguments.perf_map,
                                .gdb = arguments.gdb,
                                .claims = cleared.claims,
                                .kernel_types = types};
    const auto make = [&]() -> Result<std::unique_ptr<Instance>> {
        auto instance = (*engine)->instantiate(object, options);
        if (!instance) return std::unexpected(instance.error().in(arguments.object.path));
        auto stored = store_settings(**instance, object, *settings);
        if (!stored) return std::unexpected(stored.error());
        return instance;
    };
    if (arguments.fail_each) return fail_each_call(arguments, plan, std::move(*input), make);
    auto instance = make();
    if (!instance) return std::unexpected(instance.error());
    return run_packets(arguments, plan, std::move(*input), **instance);
}

void add_engine_options(Options options, RunArguments& arguments) {
    options
        .add("--engine", arguments.engine,
             fmt::format("What runs the program: {} (default: {})",
                         fmt::join(compare::engine_names(), ", "), arguments.engine))
        .type("NAME");
    options.add("--repeat", arguments.repeat, "Runs per packet; the last one is shown")
        .positive()
        .type("N");
    options.add("--budget", arguments.budget, "Instructions after which a run is stopped")
        .positive()
        .type("N");
    options.add_flag("--fail-each", arguments.fail_each,
                     "One run for each call that can fail, with that call failing");
    const Option unsafe = add_trust_options(options, arguments.trust);
    options
        .add_flag("--checked", arguments.checked,
                  "Check every memory access of accepted programs too")
        .excludes(unsafe);
    options
        .add_flag("--check-invariants", arguments.check_invariants,
                  "Check before every instruction what the verifier claims of it: a test of the "
                  "verifier")
        .excludes(unsafe);
    options.add_flag("--perf-map", arguments.perf_map,
                     "Tell perf the names of JIT-compiled functions (/tmp/perf-PID.map)");
    options.add_flag("--gdb", arguments.gdb, "Tell GDB the names of JIT-compiled functions");
}

void add_output_options(Options options, RunArguments& arguments) {
    options
        .add("--packet-out", arguments.packet_out,
             "Write every packet as the program left it to this pcap file")
        .type("FILE");
    options.add_repeatable("--event", arguments.events, "[MAP=]TYPE",
                           "Type of ring buffer and perf records, by the object's BTF");
    options.add_flag("--summary", arguments.summary, "With many packets: only totals and traps");
    options.add_flag("--no-maps", arguments.no_maps, "Do not show maps");
    options.add_flag("--time", arguments.time, "Show time and instructions");
    options.add_flag("--json", arguments.json, "JSON output (docs/json.md)");
}

std::string footer() {
    return input_notes() +
           "A program runs only if the verifier accepts it (bpftwin verify says why not); then "
           "nothing "
           "is\nchecked any more, but in the interpreter where it reads a kernel's memory or has a "
           "context from\nthe command line. A program that cannot be verified because it needs a "
           "kernel's types (--btf) and\nnone are to be had runs in the checked interpreter.\n"
           "\nExamples:\n"
           "  bpftwin run parser.c --packet mix.pcap --packet-out after.pcap\n"
           "  bpftwin run exec.o --prog on_exec --world fixed --event 'struct event'\n"
           "  bpftwin run lb.o --packet lb.pcap --check-invariants\n"
           "  bpftwin run exec.o --obj 'task.real_parent.tgid=7' --mock ringbuf_reserve=null\n"
           "  bpftwin run exec.o --fail-each\n"
           "  bpftwin run lb.o --packet hex:ffffffffffff0011223344550800 --set backends 0 '{.ip = "
           "1}'\n\n"
           "Exit status: 0 fine, 1 not accepted or a run trapped, 2 bad usage or input, 130 "
           "interrupted";
}

}  // namespace

Command add_run(CommandLine& line) {
    auto arguments = std::make_shared<RunArguments>();
    Options options =
        line.add_command("run", "Run a program once, or once per packet, and show its effects");
    add_object_arguments(options, arguments->object);
    add_kernel_arguments(options, arguments->object);
    add_input_options(options, arguments->input);
    add_engine_options(options, *arguments);
    add_output_options(options, *arguments);
    options.footer(footer());
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
