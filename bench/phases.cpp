#include "bench/phases.h"

#include <algorithm>
#include <chrono>

#include "bench/synthetic.h"
#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

constexpr std::uint32_t input_count = 4;
constexpr std::uint64_t budget = 1'000'000'000;

std::vector<Bytes> inputs_of(const Program& program) {
    std::vector<Bytes> inputs;
    for (std::uint32_t seed = 1; seed <= input_count; ++seed)
        inputs.push_back(make_input(program.input, program.input_size, seed));
    return inputs;
}

RunInput run_input(const Bytes& context) {
    RunInput input;
    input.context = context;
    input.world = World::fixed();
    input.budget = budget;
    input.want_maps = false;
    return input;
}

/// r0 after one run.
Result<std::uint64_t> returned(Instance& instance, std::string_view program, const Bytes& context) {
    const auto result = instance.run(program, run_input(context));
    if (!result) return std::unexpected(result.error());
    if (result->trap) return fail(result->trap->describe());
    return result->return_value;
}

Result<void> expect(std::uint64_t expected, Instance& instance, std::string_view program,
                    const Bytes& context) {
    const auto actual = returned(instance, program, context);
    if (!actual) return std::unexpected(actual.error());
    if (*actual == expected) return {};
    return fail(fmt::format("returned {:#x}, expected {:#x}", *actual, expected));
}

double nanoseconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin)
        .count();
}

/// Loads an object again and again. The last of them is freed outside of the time.
compare::Timed loading(const Program& program, const Bytes& elf) {
    return [&](std::size_t, std::uint32_t repeat) -> Result<double> {
        double ns = 0;
        for (std::uint32_t i = 0; i < repeat; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            const auto object = load_elf(elf, program.name);
            ns += nanoseconds_since(begin);
            if (!object) return std::unexpected(object.error());
        }
        return ns;
    };
}

/// Compile times that instances report, beside the time of making the instances.
struct Compiling {
    const compare::Contender* engine;
    const ObjectSpec* object;
    std::string_view program;
    EngineOptions options;
    std::vector<double> compile_ns = {};
    std::size_t code_bytes = 0;

    Result<double> time(std::uint32_t repeat) {
        double ns = 0;
        for (std::uint32_t i = 0; i < repeat; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            const auto instance = engine->instantiate(*object, options);
            ns += nanoseconds_since(begin);
            if (!instance) return std::unexpected(instance.error());
            const auto code = (*instance)->code_info(program);
            if (!code) return std::unexpected(code.error());
            compile_ns.push_back(static_cast<double>(code->compile_ns));
            code_bytes = code->bytes;
        }
        return ns;
    }
};

/// Compiles the object's program with every engine in turn.
Result<std::vector<Compiled>> measure_engines(const ObjectSpec& object, std::string_view program,
                                              const Plan& plan) {
    constexpr double sample_ns = 2e5;
    std::vector<Compiling> all;
    for (const compare::Contender& engine : plan.engines)
        all.push_back({&engine, &object, program, plan.options});
    std::vector<compare::Timed> things;
    for (Compiling& one : all)
        things.emplace_back([&one](std::size_t, std::uint32_t repeat) { return one.time(repeat); });
    compare::Sampler sampler(std::move(things), sample_ns);
    if (auto done = sampler.run({.seconds = plan.quick ? 0.05 : 0.3}); !done)
        return std::unexpected(done.error());
    std::vector<Compiled> compiled;
    for (std::size_t i = 0; const compare::Measurement& one : sampler.measurements()) {
        Compiling& from = all[i++];
        compiled.push_back({compare::summarize(std::move(from.compile_ns)).median, one.ns.median,
                            from.code_bytes});
    }
    return compiled;
}

/// A program of the suite on every engine, ready to be timed.
class Contest {
public:
    Contest(const Program& program, const Plan& plan)
        : program_(program), plan_(plan), inputs_(inputs_of(program)) {}

    Result<RunRow> run() {
        if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
        compare::Sampler sampler(things());
        if (auto done = sampler.run({.rounds = rounds(plan_.quick)}); !done)
            return std::unexpected(done.error());
        auto measured = sampler.measurements();
        return RunRow{program_.name, measured.front(), {measured.begin() + 1, measured.end()}};
    }

private:
    Result<void> prepare() {
        const auto elf = elf_of(program_);
        if (!elf) return std::unexpected(elf.error());
        const auto object = object_of(program_, *elf);
        if (!object) return std::unexpected(object.error());
        for (const compare::Contender& engine : plan_.engines) {
            auto instance = engine.instantiate(*object, plan_.options);
            if (!instance) return std::unexpected(instance.error());
            for (const Bytes& input : inputs_)
                if (auto same =
                        expect(run_native(program_, input), **instance, program_.name, input);
                    !same)
                    return std::unexpected(same.error().in(engine.name));
            instances_.push_back(std::move(*instance));
        }
        return {};
    }

    std::vector<compare::Timed> things() {
        std::vector<compare::Timed> things = {[this](std::size_t round, std::uint32_t repeat) {
            return time_native(program_, input_of(round), repeat);
        }};
        for (const auto& instance : instances_)
            things.emplace_back(
                [this, one = instance.get()](std::size_t round, std::uint32_t repeat) {
                    RunInput input = run_input(input_of(round));
                    return compare::time_runs(*one, program_.name, input, repeat);
                });
        return things;
    }

    [[nodiscard]] const Bytes& input_of(std::size_t round) const {
        return inputs_[round % inputs_.size()];
    }

    const Program& program_;
    const Plan& plan_;
    std::vector<Bytes> inputs_;
    std::vector<std::unique_ptr<Instance>> instances_;
};

/// Every engine returns the same of a synthetic program.
Result<void> agree(const ObjectSpec& object, const Plan& plan) {
    const std::string& program = object.programs.front().name;
    const Bytes context(64);
    std::optional<std::uint64_t> expected;
    for (const compare::Contender& engine : plan.engines) {
        const auto instance = engine.instantiate(object, plan.options);
        if (!instance) return std::unexpected(instance.error());
        const auto actual = returned(**instance, program, context);
        if (!actual) return std::unexpected(actual.error().in(engine.name));
        if (!expected) expected = *actual;
        if (*actual != *expected)
            return fail(fmt::format("{}: returned {:#x}, {} returned {:#x}", engine.name, *actual,
                                    plan.engines.front().name, *expected));
    }
    return {};
}

}  // namespace

Result<RunRow> measure_run(const Program& program, const Plan& plan) {
    return Contest(program, plan).run();
}

Result<CompileRow> measure_compile(const Program& program, const Plan& plan) {
    constexpr double sample_ns = 2e5;
    const auto elf = elf_of(program);
    if (!elf) return std::unexpected(elf.error());
    const auto object = object_of(program, *elf);
    if (!object) return std::unexpected(object.error());
    compare::Sampler load({loading(program, *elf)}, sample_ns);
    if (auto done = load.run({.seconds = plan.quick ? 0.02 : 0.1}); !done)
        return std::unexpected(done.error());
    auto engines = measure_engines(*object, program.name, plan);
    if (!engines) return std::unexpected(engines.error());
    return CompileRow{program.name, elf->size(), object->program(program.name)->insns.size(),
                      load.measurements().front().ns.median, std::move(*engines)};
}

Result<SizeRow> measure_size(std::size_t insns, const Plan& plan) {
    const ObjectSpec object = synthetic_object(insns);
    if (auto same = agree(object, plan); !same)
        return std::unexpected(same.error().in(fmt::format("{} instructions", insns)));
    auto engines = measure_engines(object, object.programs.front().name, plan);
    if (!engines) return std::unexpected(engines.error());
    return SizeRow{insns, std::move(*engines)};
}

std::span<const std::size_t> sizes() {
    static constexpr std::array<std::size_t, 6> all = {10, 100, 1'000, 10'000, 100'000, 1'000'000};
    return all;
}

}  // namespace bpftwin::bench
