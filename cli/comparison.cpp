#include "cli/comparison.h"

#include <cerrno>

#include "cli/world.h"
#include "helpers/maps/attributes.h"

namespace bpftwin::cli {
namespace {

/// Whether the engine sees the same clock and the same random numbers as the reference.
bool shares_world(std::string_view engine, const World& world) {
    return !compare::is_kernel(engine) && world.ktime_ns && world.random_seed;
}

/// What is compared is one program, which need not be named each time.
std::string without_program(const std::string& message, const ProgramSpec& program) {
    const std::string prefix = "program " + program.name + ": ";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

Competitor make_competitor(const std::string& name) {
    auto contender = compare::make_contender(name == reference ? "checked" : name);
    if (!contender) return {name, std::nullopt, contender.error().message};
    return {name, std::move(*contender)};
}

/// What cannot be test-run, or is refused for lack of privilege, says nothing of the program.
bool is_failure(const Error& error) { return error.code != enotsupp && error.code != EPERM; }

}  // namespace

void add_engines_option(Options options, std::vector<std::string>& names) {
    options
        .add("--engines", names,
             "Engines beside the checked interpreter (default: jit,kernel, the kernel where it can "
             "be asked)")
        .comma_separated()
        .type("NAME,NAME");
}

std::vector<Competitor> make_competitors(std::span<const std::string> names) {
    static const std::string usual[] = {"jit", "kernel"};
    if (names.empty()) names = usual;
    std::vector<Competitor> competitors;
    competitors.push_back(make_competitor(std::string(reference)));
    for (const std::string& name : names)
        if (name != reference) competitors.push_back(make_competitor(name));
    return competitors;
}

Result<Comparison> Comparison::create(const ComparisonPlan& plan,
                                      std::span<const Competitor> competitors) {
    Comparison comparison(plan);
    for (const Competitor& competitor : competitors)
        comparison.sides_.push_back(comparison.make_side(competitor));
    comparison.varied_ = comparison.make_side(competitors.front());
    if (const Error* absent = comparison.absent(0)) return std::unexpected(*absent);
    return comparison;
}

Comparison::Side Comparison::make_side(const Competitor& competitor) const {
    if (!competitor.contender) return {competitor.name, nullptr, Error{competitor.absent}};
    const bool checks =
        competitor.contender->safety == Safety::checked || compare::is_kernel(competitor.name);
    if (!checks && plan_.cleared.clearance != Clearance::full)
        return {competitor.name, nullptr, Error{plan_.cleared.reason(), ENOTSUP}};
    auto instance = competitor.contender->instantiate(
        plan_.object, {.cpu_count = plan_.cpus, .kernel_types = plan_.kernel_types});
    if (!instance) return {competitor.name, nullptr, instance.error()};
    auto stored = store_settings(**instance, plan_.object, plan_.settings);
    if (!stored) return {competitor.name, nullptr, stored.error().in(competitor.name)};
    return {competitor.name, std::move(*instance), std::nullopt};
}

Result<ComparedRun> Comparison::run(const RunInput& input) {
    auto expected = first().run(plan_.program.name, input);
    if (!expected) return std::unexpected(expected.error());
    RunInput other = input;
    other.world = other_world(input.world, plan_.invented);
    auto varied = varied_.instance->run(plan_.program.name, other);
    if (!varied) return std::unexpected(varied.error());
    ComparedRun run{.expected = std::move(*expected), .engines = {}};
    for (const Side& side : std::span(sides_).subspan(1))
        run.engines.push_back(compared(side, input, run.expected, *varied));
    return run;
}

EngineRun Comparison::compared(const Side& side, const RunInput& input, const RunResult& expected,
                               const RunResult& varied) const {
    if (side.absent && side.absent->code == enotsupp) return {.refused = side.absent->message};
    if (side.absent)
        return {.refused = side.absent->message,
                .absent = true,
                .unverified = side.absent->code == ENOTSUP};
    if (expected.trap && !compare::is_kernel(side.name))
        return {.refused = "runs no program that the checked interpreter stopped"};
    auto result = side.instance->run(plan_.program.name, input);
    if (!result)
        return {.refused = without_program(result.error().message, plan_.program),
                .failed = is_failure(result.error())};
    const bool exact = shares_world(side.name, input.world);
    return {.findings = compare::findings(expected, *result, exact ? nullptr : &varied)};
}

std::string Comparison::verdict(std::size_t engine) const {
    const Side& side = sides_[engine];
    const auto verdict = side.instance ? side.instance->verdict(plan_.program.name) : std::nullopt;
    if (verdict) return std::string(name_of(verdict->answer));
    const bool ours = plan_.cleared.verdict && !compare::is_kernel(side.name);
    return ours ? std::string(name_of(plan_.cleared.verdict->answer)) : "-";
}

}  // namespace bpftwin::cli
