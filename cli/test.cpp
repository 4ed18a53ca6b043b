// `bpftwin test`: the tests in the comments of BPF sources, on several engines.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/command.h"
#include "cli/comparison.h"
#include "cli/hex.h"
#include "cli/input.h"
#include "cli/object.h"
#include "cli/packets.h"
#include "cli/report.h"
#include "cli/test_report.h"
#include "compare/timing.h"
#include "fmt/format.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::vector<std::string> files;
    std::vector<std::string> engines;
    std::string filter, table;
    bool json = false;
};

/// What `run:` may say.
struct CaseArguments {
    std::string type;
    InputArguments input;
    std::vector<std::string> events;
    std::uint32_t repeat = 1;
    std::uint64_t budget = RunInput().budget;
};

/// Files are named as seen from the test's file.
void look_beside(const std::string& test, std::string& file) {
    if (file.empty() || file == "-" || file.starts_with("hex:")) return;
    file = (std::filesystem::path(test).parent_path() / file).string();
}

Result<CaseArguments> parse_case(const std::string& path, const TestCase& test) {
    CaseArguments arguments;
    arguments.input.world = {"fixed"};
    CommandLine line("run:", "");
    Options options = line.options();
    add_input_options(options, arguments.input);
    options.add("--type", arguments.type, "");
    options.add_repeatable("--event", arguments.events, "", "");
    options.add("--repeat", arguments.repeat, "").positive();
    options.add("--budget", arguments.budget, "").positive();
    std::vector<const char*> words{"run:"};
    for (const std::string& word : test.options) words.push_back(word.c_str());
    auto parsed = line.parse(static_cast<int>(words.size()), words.data());
    if (!parsed) return std::unexpected(parsed.error());
    for (std::string& packets : arguments.input.packets) look_beside(path, packets);
    look_beside(path, arguments.input.context_file);
    return arguments;
}

Result<RunInput> case_input(const CaseArguments& arguments) {
    auto input = parse_input(arguments.input);
    if (!input) return input;
    input->repeat = arguments.repeat;
    input->budget = arguments.budget;
    input->want_maps = true;
    return input;
}

/// Major and minor number of a release.
std::pair<int, int> version(std::string_view release) {
    std::pair<int, int> numbers{0, 0};
    const char* end = release.data() + release.size();
    const auto major = std::from_chars(release.data(), end, numbers.first);
    if (major.ptr != end) std::from_chars(major.ptr + 1, end, numbers.second);
    return numbers;
}

/// One test on all engines.
class CaseRun {
public:
    CaseRun(const std::string& path, const TestCase& test, const ObjectSpec& object,
            std::span<const Competitor> competitors)
        : path_(path), test_(test), object_(object), competitors_(competitors) {}

    /// @return an Error where the test itself is wrong.
    Result<TestResult> run() {
        auto arguments = parse_case(path_, test_);
        if (!arguments) return std::unexpected(arguments.error());
        result_ = {path_, test_, "", std::vector<EngineResult>(competitors_.size())};
        if (auto done = run_with(*arguments); !done) return std::unexpected(done.error());
        judge();
        return std::move(result_);
    }

private:
    Result<void> run_with(const CaseArguments& arguments) {
        auto program = choose_program(object_, arguments.input.program);
        if (!program) return std::unexpected(program.error());
        (*program)->autoload = true;
        auto events = EventTypes::parse(object_, arguments.events);
        if (!events) return std::unexpected(events.error());
        auto settings = edit_definition(object_, arguments.input.settings);
        if (!settings) return std::unexpected(settings.error());
        auto input = case_input(arguments);
        if (!input) return std::unexpected(input.error());
        const auto& packets = arguments.input.packets;
        if (!packets.empty() && !context_layout((*program)->type).has_packet)
            return fail(
                fmt::format("--packet: {} programs take no packet", name_of((*program)->type)));
        const compare::Pin pin(input->world.cpu);
        auto comparison = Comparison::create(
            {object_, **program, *settings, arguments.input.cpus, true}, competitors_);
        if (!comparison) return std::unexpected(comparison.error());
        const RunPlan plan{object_,
                           **program,
                           path_,
                           source_names(packets),
                           reference,
                           Safety::checked,
                           std::move(*events),
                           arguments.repeat,
                           packets.size() > 1,
                           false,
                           false};
        return run_all(plan, std::move(*input), *comparison, packets);
    }

    Result<void> run_all(const RunPlan& plan, RunInput input, Comparison& comparison,
                         const std::vector<std::string>& packets) {
        auto stream = PacketStream::open(packets);
        if (!stream) return std::unexpected(stream.error());
        auto outcomes = Outcomes::create(plan.program.type);
        if (!outcomes) return std::unexpected(outcomes.error());
        const auto report =
            text_report(plan, Style{}, [this](std::string_view text) { report_ += text; });
        report->begin();
        do {
            auto packet = stream->next();
            if (!packet) return std::unexpected(packet.error());
            if (!packets.empty() && !*packet) break;
            if (*packet) input.packet = std::move((*packet)->bytes);
            if (auto done = once(input, *outcomes, comparison, *report); !done) return done;
        } while (!packets.empty());
        auto maps = final_maps(object_, comparison.first());
        if (!maps) return std::unexpected(maps.error());
        report->end(*maps, nullptr);
        return {};
    }

    Result<void> once(const RunInput& input, Outcomes& outcomes, Comparison& comparison,
                      Report& report) {
        auto outcome = outcomes.begin(input);
        if (!outcome) return std::unexpected(outcome.error());
        auto run = comparison.run(input);
        if (!run) return std::unexpected(run.error());
        Outcomes::finish(*outcome, std::move(run->expected));
        report.add(*outcome);
        for (std::size_t i = 0; i < run->engines.size(); ++i)
            note(result_.engines[i + 1], run->engines[i], outcome->result);
        return {};
    }

    /// Keeps the worst of an engine's runs.
    static void note(EngineResult& result, const EngineRun& run, const RunResult& expected) {
        EngineResult now;
        if (!run.refused.empty()) {
            now = {run.failed || run.absent ? Outlook::failed : Outlook::not_run, run.refused};
        } else {
            for (const compare::Finding& finding : run.findings) {
                const bool different = finding.agreement == compare::Agreement::different;
                // No kernel shows it, which only matters where there is one.
                if (finding.field == compare::Field::redirect && !expected.redirect) continue;
                if (different) now.outlook = Outlook::failed;
                if (different || now.reason.empty()) now.reason = finding.text;
                if (different) break;
            }
        }
        if (now.outlook > result.outlook || result.reason.empty()) result = std::move(now);
    }

    void judge() {
        const std::string missing = missing_line(report_, test_.expected);
        if (!missing.empty())
            result_.failure =
                fmt::format("expected: {}\nit shows:\n{}", missing, indented(report_, "  "));
        for (std::size_t i = 1; i < competitors_.size(); ++i)
            excuse(competitors_[i], result_.engines[i]);
    }

    /// What the test knows beforehand of an engine.
    void excuse(const Competitor& competitor, EngineResult& result) const {
        const std::string release = release_of(competitor);
        if (!release.empty() && version(release) < version(test_.since)) {
            result = {Outlook::not_run, fmt::format("needs Linux {}", test_.since)};
            return;
        }
        const auto known =
            std::ranges::find(test_.differences, competitor.name, &KnownDifference::engine);
        if (known == test_.differences.end() || result.outlook == Outlook::not_run) return;
        if (result.outlook == Outlook::failed)
            result = {Outlook::differs, known->reason};
        else
            result = {Outlook::failed, "no longer differs: " + known->reason};
    }

public:
    static std::string release_of(const Competitor& competitor) {
        return competitor.contender ? competitor.contender->engine->release() : std::string();
    }

private:
    const std::string& path_;
    const TestCase& test_;
    ObjectSpec object_;
    std::span<const Competitor> competitors_;
    std::string report_;
    TestResult result_;
};

Result<std::string> read_source(const std::string& path) {
    auto bytes = read_bytes(path);
    if (!bytes) return std::unexpected(bytes.error());
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

/// All tests of all files.
class TestSession {
public:
    explicit TestSession(const Arguments& arguments) : arguments_(arguments) {}

    Result<Exit> run() {
        if (auto ready = open_engines(); !ready) return std::unexpected(ready.error());
        Progress progress("files");
        InterruptGuard guard;
        const auto files = static_cast<double>(arguments_.files.size());
        for (std::uint64_t i = 0; i < arguments_.files.size(); ++i) {
            if (InterruptGuard::interrupted()) return exit_interrupted;
            if (auto done = run_file(arguments_.files[i]); !done)
                return std::unexpected(done.error().in(arguments_.files[i]));
            progress.show(i + 1, static_cast<double>(i + 1) / files);
        }
        return finish();
    }

private:
    // An engine that was asked for by name has to be there.
    Result<void> open_engines() {
        competitors_ =
            make_competitors(arguments_.engines.empty() ? std::vector<std::string>{"jit", "kernel"}
                                                        : arguments_.engines);
        for (const Competitor& one : competitors_)
            if (!one.contender && !arguments_.engines.empty()) return fail(one.absent);
        std::erase_if(competitors_, [&](const Competitor& one) {
            if (!one.contender) absent_ += fmt::format("without {}: {}\n", one.name, one.absent);
            return !one.contender;
        });
        for (const Competitor& one : competitors_)
            engines_.push_back({one.name, one.contender->engine->release()});
        return {};
    }

    Result<void> run_file(const std::string& path) {
        const auto source = read_source(path);
        if (!source) return std::unexpected(source.error());
        const auto tests = parse_tests(*source);
        if (!tests) return std::unexpected(tests.error());
        if (tests->empty())
            return fail("no tests in it (//! test: TITLE; see bpftwin test --help)");
        const auto object = open_object({path, ""});
        if (!object) return std::unexpected(object.error());
        for (const TestCase& test : *tests) {
            if (!test.title.contains(arguments_.filter)) continue;
            auto result = CaseRun(path, test, *object, competitors_).run();
            if (!result)
                return std::unexpected(result.error().in(fmt::format("line {}", test.line)));
            if (!arguments_.json) print(test_line(*result, engines_, stdout_style()));
            results_.push_back(std::move(*result));
        }
        return {};
    }

    Result<Exit> finish() {
        if (results_.empty())
            return fail(
                fmt::format("--filter {}: no test has this in its title", arguments_.filter));
        if (arguments_.json)
            print(json_text(test_json(results_, engines_)) + '\n');
        else
            print(absent_ + test_summary(results_, engines_, stdout_style()));
        if (!arguments_.table.empty()) {
            std::ofstream out(arguments_.table);
            out << feature_table(results_, engines_);
            if (!out.flush())
                return fail(fmt::format("--table {}: cannot write", arguments_.table));
        }
        return std::ranges::all_of(results_, &TestResult::passed) ? exit_fine : exit_finding;
    }

    const Arguments& arguments_;
    std::vector<Competitor> competitors_;
    std::vector<TestEngine> engines_;
    std::string absent_;
    std::vector<TestResult> results_;
};

constexpr std::string_view footer =
    "Tests stand in comments of the source:\n"
    "  //! test: a packet from a blocked address is dropped and counted\n"
    "  //! run: --packet blocked.pcap --set blocked 0xc0000201 0\n"
    "  //! expect: returned XDP_DROP\n"
    "  //! expect: 0xc0000201 -> 1\n"
    "Every expected text has to be in a line of what `bpftwin run` shows for these options, in "
    "this\n"
    "order; the world is fixed. Every effect on the other engines has to be that of the checked\n"
    "interpreter. More lines: `since: 5.17` (kernels before it do not run the test), `differs on\n"
    "vm:6.1: REASON` (and has to), `covers: FEATURE` (for --table). Lines in front of the first "
    "test\n"
    "hold for all.\n\n"
    "Examples:\n"
    "  bpftwin test firewall.bpf.c\n"
    "  bpftwin test *.bpf.c --engines jit,kernel,vm:6.1 --table features.md\n\n"
    "Exit status: 0 all pass, 1 some fail, 2 bad usage or input, 130 interrupted";

}  // namespace

Command add_test(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("test", "Run the tests in the comments of BPF sources on several engines");
    options.add("FILE", arguments->files, "C sources (.c) or assembler texts (.s, .bpfasm)")
        .required();
    options
        .add("--engines", arguments->engines,
             "Engines beside the checked interpreter (default: jit,kernel, the kernel where it can "
             "be asked)")
        .comma_separated()
        .type("NAME,NAME");
    options.add("--filter", arguments->filter, "Only tests with this in their title").type("TEXT");
    options
        .add("--table", arguments->table, "Write which feature runs on which engine, as Markdown")
        .type("FILE");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(std::string(footer));
    return {options, [arguments] { return TestSession(*arguments).run(); }};
}

}  // namespace bpftwin::cli
