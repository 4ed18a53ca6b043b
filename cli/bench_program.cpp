#include "cli/bench_program.h"

#include <algorithm>
#include <chrono>

#include "compare/difference.h"
#include "fmt/format.h"
#include "isa/builder.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

/// The input of the round with that number.
RunInput input_of(const BenchPlan& plan, std::size_t round) {
    RunInput input = plan.input;
    input.packet = plan.packets[round % plan.packets.size()];
    return input;
}

Result<std::unique_ptr<Instance>> prepare(const BenchPlan& plan, const compare::Contender& engine) {
    auto instance = engine.instantiate(plan.ready.spec, plan.options);
    if (!instance) return instance;
    auto stored = store_settings(**instance, plan.ready.spec, plan.settings);
    return stored ? std::move(instance) : std::unexpected(stored.error());
}

/// What is compared: one run per packet, and then several runs in a row of the first.
struct Rehearsal {
    std::vector<RunResult> results;  ///< The last one with maps.
    std::uint32_t repeat;            ///< Of the last one.

    [[nodiscard]] const RunResult* trapped() const {
        auto found = std::ranges::find_if(results, [](auto& r) { return r.trap.has_value(); });
        return found == results.end() ? nullptr : &*found;
    }
    [[nodiscard]] std::uint64_t insns() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i + 1 < results.size(); ++i) sum += results[i].insns;
        return results.size() < 2 ? 0 : sum / (results.size() - 1);
    }
};

/// How often a program of that speed is repeated where that is not to take long.
std::uint32_t affordable_repeat(const std::vector<RunResult>& results) {
    constexpr std::uint64_t affordable_ns = 50'000'000;
    std::uint64_t slowest = 1;
    for (const RunResult& result : results) slowest = std::max(slowest, result.duration_ns);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(affordable_ns / slowest, 1, 100));
}

/// @param repeat of the last run; 0: as its speed allows.
Result<Rehearsal> rehearse(const BenchPlan& plan, const std::string& program,
                           const compare::Contender& engine, std::uint32_t repeat) {
    auto instance = prepare(plan, engine);
    if (!instance) return std::unexpected(instance.error());
    Rehearsal rehearsal;
    for (std::size_t i = 0; i <= plan.packets.size(); ++i) {
        const bool last = i == plan.packets.size();
        RunInput input = input_of(plan, i);
        if (last && repeat == 0) repeat = affordable_repeat(rehearsal.results);
        input.repeat = last ? repeat : 1;
        input.want_maps = last;
        auto result = (*instance)->run(program, input);
        if (!result) return std::unexpected(result.error());
        rehearsal.results.push_back(std::move(*result));
        if (rehearsal.trapped() != nullptr) break;
    }
    rehearsal.repeat = repeat;
    return rehearsal;
}

std::string run_name(const BenchPlan& plan, std::size_t run) {
    if (run == plan.packets.size()) return "after several runs";
    return plan.packets.size() == 1 ? "in the first run" : fmt::format("on packet {}", run + 1);
}

/// How an engine differs from the reference, or an empty text.
std::string finding(const BenchPlan& plan, std::string_view engine, const Rehearsal& expected,
                    const Rehearsal& actual) {
    for (std::size_t i = 0; i < std::min(expected.results.size(), actual.results.size()); ++i)
        if (auto found = compare::difference(expected.results[i], actual.results[i]))
            return fmt::format("{} differs from checked execution {}: {}", engine,
                               run_name(plan, i), *found);
    return {};
}

/// Median of what several instances say, as many as are made in a short time.
Result<CodeInfo> code_info(const BenchPlan& plan, const std::string& program,
                           const compare::Contender& engine) {
    constexpr std::size_t enough = 15;
    constexpr auto short_time = std::chrono::milliseconds(30);
    std::vector<double> ns;
    CodeInfo code;
    const auto begin = std::chrono::steady_clock::now();
    while (ns.size() < enough &&
           (ns.empty() || std::chrono::steady_clock::now() - begin < short_time)) {
        auto instance = engine.instantiate(plan.ready.spec, plan.options);
        if (!instance) return std::unexpected(instance.error());
        auto info = (*instance)->code_info(program);
        if (!info) return info;
        code = *info;
        ns.push_back(static_cast<double>(code.compile_ns));
    }
    code.compile_ns = static_cast<std::uint64_t>(compare::summarize(std::move(ns)).median);
    return code;
}

/// The least that a program of this type can do.
ObjectSpec empty_object(const ProgramSpec& like) {
    using namespace build;
    ProgramSpec program;
    program.name = "empty";
    program.section = like.section;
    program.type = like.type;
    program.expected_attach_type = like.expected_attach_type;
    program.insns = build::program({mov(r0, 0), build::exit()});
    program.functions = {{0, program.name}};
    ObjectSpec object;
    object.name = program.name;
    object.license = "GPL";
    object.programs.push_back(std::move(program));
    return object;
}

/// Instances and what times them; both live as long as sampling does.
struct Field {
    std::vector<std::unique_ptr<Instance>> instances;
    std::vector<compare::Timed> things;

    void add(const BenchPlan& plan, std::unique_ptr<Instance> instance, std::string program) {
        instances.push_back(std::move(instance));
        things.emplace_back([&plan, one = instances.back().get(), program = std::move(program)](
                                std::size_t round, std::uint32_t repeat) {
            RunInput input = input_of(plan, round);
            return compare::time_runs(*one, program, input, repeat);
        });
    }
};

/// "rejected: R1 !read_ok", and what to do.
std::string refusal(const Cleared& cleared) {
    return fmt::format("{}\nnot measured; --unverified measures checked execution, --unsafe all\n",
                       cleared.reason());
}

/// Measurements of the engines that can run the program.
class Bench {
public:
    Bench(const BenchPlan& plan, const ProgramSpec& program) : plan_(plan), program_(program) {
        bench_.program = &program;
    }

    Result<ProgramBench> run(const std::function<bool(double)>& go_on) {
        cleared_ = clear(plan_.ready, program_, plan_.trust, plan_.options.cpu_count);
        if (cleared_.clearance == Clearance::refused) {
            bench_.finding = refusal(cleared_);
            return std::move(bench_);
        }
        auto agreed = compare_results();
        if (!agreed) return std::unexpected(agreed.error());
        if (!bench_.finding.empty()) {
            bench_.engines.clear();
            return std::move(bench_);
        }
        auto sampled = sample_entry();
        if (sampled) sampled = sample_program(go_on);
        if (!sampled) return std::unexpected(sampled.error().in("program " + program_.name));
        return std::move(bench_);
    }

private:
    Result<void> compare_results() {
        const auto reference = compare::make_contender("checked");
        if (!reference) return std::unexpected(reference.error());
        const auto expected = rehearse(plan_, program_.name, *reference, 0);
        if (!expected) return std::unexpected(expected.error());
        if (const RunResult* trapped = expected->trapped()) {
            bench_.finding = "traps\n" + trapped->trap->describe();
            return {};
        }
        for (const compare::Contender& engine : plan_.engines) {
            EngineBench& row = bench_.engines.emplace_back();
            row.engine = engine.name;
            if (!may_run(engine)) {
                row.refused = cleared_.reason();
                continue;
            }
            const auto actual = rehearse(plan_, program_.name, engine, expected->repeat);
            if (actual) {
                bench_.finding = finding(plan_, engine.name, *expected, *actual);
                row.insns = actual->insns();
            } else {
                row.refused = actual.error().message;
            }
            if (!bench_.finding.empty()) return {};
        }
        if (running().empty()) return fail(bench_.engines.front().refused);
        return {};
    }

    /// Engines without checks run what is accepted, and kernels decide for themselves.
    [[nodiscard]] bool may_run(const compare::Contender& engine) const {
        return cleared_.clearance == Clearance::full || engine.safety == Safety::checked ||
               compare::is_kernel(engine.name);
    }

    /// Indices of the engines that can run the program.
    [[nodiscard]] std::vector<std::size_t> running() const {
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < bench_.engines.size(); ++i)
            if (bench_.engines[i].refused.empty()) indices.push_back(i);
        return indices;
    }

    Result<void> sample_entry() {
        constexpr compare::Effort short_effort = {.rounds = 25};
        constexpr double short_sample_ns = 1e5;
        const ObjectSpec empty = empty_object(program_);
        Field field;
        for (const std::size_t i : running()) {
            auto instance = plan_.engines[i].instantiate(empty, plan_.options);
            if (!instance) return std::unexpected(instance.error());
            field.add(plan_, std::move(*instance), "empty");
        }
        compare::Sampler sampler(field.things, short_sample_ns);
        if (auto done = sampler.run(short_effort); !done) return done;
        const auto measured = sampler.measurements();
        for (std::size_t k = 0; const std::size_t i : running())
            bench_.engines[i].entry_ns = measured[k++].ns.median;
        return {};
    }

    Result<void> sample_program(const std::function<bool(double)>& go_on) {
        Field field;
        for (const std::size_t i : running()) {
            auto code = code_info(plan_, program_.name, plan_.engines[i]);
            if (!code) return std::unexpected(code.error());
            bench_.engines[i].code = *code;
            auto instance = prepare(plan_, plan_.engines[i]);
            if (!instance) return std::unexpected(instance.error());
            field.add(plan_, std::move(*instance), program_.name);
        }
        compare::Sampler sampler(field.things);
        if (auto done = sampler.run(plan_.effort, go_on); !done) return done;
        const auto measured = sampler.measurements();
        for (std::size_t k = 0; const std::size_t i : running())
            bench_.engines[i].time = measured[k++];
        bench_.rounds = sampler.rounds();
        return {};
    }

    const BenchPlan& plan_;
    const ProgramSpec& program_;
    Cleared cleared_;
    ProgramBench bench_;
};

}  // namespace

Result<ProgramBench> bench_program(const BenchPlan& plan, const ProgramSpec& program,
                                   const std::function<bool(double)>& go_on) {
    return Bench(plan, program).run(go_on);
}

}  // namespace bpftwin::cli
