// Native code is called through a pointer that the compiler cannot see through; the interpreter
// runs the same C file's BPF object with the input's address and size in r1 and r2.
#include "bench/contender.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

extern "C" {
#define PROGRAM(name, input, kib) std::uint64_t name(const std::uint8_t* data, std::uint64_t size);
#include "bench/programs.def"
#undef PROGRAM
}

namespace bpftwin::bench {
namespace {

constexpr Program all_programs[] = {
#define PROGRAM(name, input, kib) {#name, InputKind::input, kib * 1024, ::name},
#include "bench/programs.def"
#undef PROGRAM
};

class Native : public Contender {
public:
    explicit Native(const Program& program) : function_(program.native) {}

    Result<Sample> run(const Bytes& input, std::uint32_t repeat) override {
        const auto* data = reinterpret_cast<const std::uint8_t*>(input.data());
        Sample sample;
        const auto begin = std::chrono::steady_clock::now();
        for (std::uint32_t i = 0; i < repeat; ++i)
            benchmark::DoNotOptimize(sample.result = function_(data, input.size()));
        const std::chrono::duration<double, std::nano> time =
            std::chrono::steady_clock::now() - begin;
        sample.ns = time.count() / repeat;
        return sample;
    }

private:
    decltype(Program::native) function_;
};

class Interpreted : public Contender {
public:
    Interpreted(std::string_view name, std::unique_ptr<Instance> instance)
        : name_(name), instance_(std::move(instance)) {
        input_.world = World::fixed();
        input_.want_maps = false;
        input_.budget = 1'000'000'000;
    }

    Result<Sample> run(const Bytes& input, std::uint32_t repeat) override {
        input_.context = input;
        input_.repeat = repeat;
        const auto result = instance_->run(name_, input_);
        if (!result) return std::unexpected(result.error());
        if (result->trap) return fail(result->trap->describe());
        return Sample{result->return_value, static_cast<double>(result->duration_ns) / repeat};
    }

private:
    std::string name_;
    std::unique_ptr<Instance> instance_;
    RunInput input_;
};

}  // namespace

std::span<const Program> programs() { return all_programs; }

std::unique_ptr<Contender> make_native(const Program& program) {
    return std::make_unique<Native>(program);
}

Result<std::unique_ptr<Contender>> make_interpreted(const Program& program, Safety safety) {
    auto object =
        load_elf_file(std::string(BENCH_OBJECTS "/") + std::string(program.name) + ".bpf.o");
    if (!object) return std::unexpected(object.error());
    ProgramSpec* spec = object->program(program.name);
    if (!spec) return fail("the object has no program " + std::string(program.name));
    spec->type = ProgType::unspec;  // Plain bytes as context: r1 their address, r2 their size.
    auto instance = make_interpreter()->instantiate(*object, {.safety = safety});
    if (!instance) return std::unexpected(instance.error());
    return std::make_unique<Interpreted>(program.name, std::move(*instance));
}

}  // namespace bpftwin::bench
