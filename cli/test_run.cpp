#include "cli/test_run.h"

#include <algorithm>
#include <filesystem>

#include "cli/clearance.h"
#include "cli/edits.h"
#include "cli/hex.h"
#include "cli/input.h"
#include "cli/object.h"
#include "cli/packets.h"
#include "cli/report.h"
#include "compare/timing.h"
#include "fmt/format.h"
#include "kernel-backend/release.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

using kernel::version_code;

/// What `run:` may say.
struct CaseArguments {
    InputArguments input;
    EditArguments edits;
    std::vector<std::string> events;
    TrustArguments trust;
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
    CommandLine line("bpftwin run", "");
    Options options = line.options();
    add_input_options(options, arguments.input);
    add_edit_options(options, arguments.edits);
    options.add_repeatable("--event", arguments.events, "", "");
    options.add("--repeat", arguments.repeat, "").positive();
    add_trust_options(options, arguments.trust);
    options.add("--budget", arguments.budget, "").positive();
    std::vector<const char*> words{"bpftwin run"};
    for (const std::string& word : test.options) words.push_back(word.c_str());
    auto parsed = line.parse(static_cast<int>(words.size()), words.data());
    if (!parsed) return std::unexpected(parsed.error());
    for (std::string& world : arguments.input.world)
        if (world.ends_with(".json")) look_beside(path, world);
    // What the test says of the world is said of a fixed one.
    arguments.input.world.insert(arguments.input.world.begin(), "fixed");
    for (std::string& packets : arguments.input.packets) look_beside(path, packets);
    look_beside(path, arguments.input.context_file);
    look_beside(path, arguments.input.format);
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

/// One test on all engines.
class CaseRun {
public:
    CaseRun(const std::string& path, const TestCase& test, const ReadyObject& object,
            const TrustArguments& trust, std::span<const Competitor> competitors)
        : path_(path), test_(test), object_(object), trust_(trust), competitors_(competitors) {}

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
        if (auto edited = apply_edits(object_.spec, arguments.edits); !edited) return edited;
        auto program = choose_program(object_.spec, arguments.input.program);
        if (!program) return std::unexpected(program.error());
        (*program)->autoload = true;
        auto events = EventTypes::parse(object_.spec, arguments.events);
        if (!events) return std::unexpected(events.error());
        auto settings = edit_definition(object_.spec, arguments.input.settings);
        if (!settings) return std::unexpected(settings.error());
        auto input = case_input(arguments);
        if (!input) return std::unexpected(input.error());
        const auto& packets = arguments.input.packets;
        if (!packets.empty() && !context_layout((*program)->type).has_packet)
            return fail(
                fmt::format("--packet: {} programs take no packet", name_of((*program)->type)));
        TrustArguments trust = trust_;
        trust.unverified |= arguments.trust.unverified;
        trust.unsafe |= arguments.trust.unsafe;
        const Cleared cleared = clear(object_, **program, trust, arguments.input.cpus);
        if (cleared.clearance == Clearance::refused) return refuse(cleared), Result<void>();
        // A capture has several, bytes are one.
        const bool many =
            packets.size() > 1 || (!packets.empty() && !packets.front().starts_with("hex:"));
        const auto types = object_types(object_, !input->world.objects.empty());
        if (auto placed =
                place_fields(*input, arguments.input, object_.spec, **program, types.get());
            !placed)
            return placed;
        const compare::Pin pin(input->world.cpu);
        auto comparison = Comparison::create(
            {object_.spec, **program, *settings, arguments.input.cpus, true, cleared, types},
            competitors_);
        if (!comparison) return std::unexpected(comparison.error());
        const RunPlan plan{object_.spec,
                           **program,
                           path_,
                           source_names(packets),
                           reference,
                           Safety::checked,
                           nullptr,
                           std::move(*events),
                           arguments.repeat,
                           many,
                           false,
                           false,
                           arguments.input.calls};
        return run_all(plan, std::move(*input), *comparison, packets);
    }

    /// What the test sees of a program that may not run is the verdict.
    void refuse(const Cleared& cleared) {
        report_ = refusal_text(cleared, Style{});
        for (EngineResult& engine : std::span(result_.engines).subspan(1))
            engine = {Outlook::not_run, cleared.reason()};
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
        auto maps = final_maps(object_.spec, comparison.first());
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
            const bool fails = run.failed || (run.absent && !run.unverified);
            now = {fails ? Outlook::failed : Outlook::not_run, run.refused};
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
        const bool news = now.outlook == result.outlook && result.reason.empty();
        if (now.outlook > result.outlook || news) result = std::move(now);
    }

    void judge() {
        const std::string missing = missing_line(report_, test_.expected);
        if (!missing.empty()) {
            result_.failure =
                fmt::format("expected: {}\nit shows:\n{}", missing, indented(report_, "  "));
            result_.engines.front().outlook = Outlook::failed;
        }
        for (std::size_t i = 1; i < competitors_.size(); ++i)
            excuse(competitors_[i], result_.engines[i]);
    }

    /// What the test knows beforehand of an engine.
    void excuse(const Competitor& competitor, EngineResult& result) const {
        const std::string release = competitor.contender->engine->release();
        if (!release.empty() && version_code(release) < version_code(test_.since)) {
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

    const std::string& path_;
    const TestCase& test_;
    ReadyObject object_;
    TrustArguments trust_;
    std::span<const Competitor> competitors_;
    std::string report_;
    TestResult result_;
};

}  // namespace

Result<TestResult> run_test(const std::string& path, const TestCase& test,
                            const ReadyObject& object, const TrustArguments& trust,
                            std::span<const Competitor> competitors) {
    return CaseRun(path, test, object, trust, competitors).run();
}

}  // namespace bpftwin::cli
